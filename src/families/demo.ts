/** One family with an owner, so that a new installation has someone to enqueue an account for. */
import type { Queryable } from '../database/database.ts';

const SEED = `
  WITH family AS (
    INSERT INTO auth.families (name) SELECT 'The Examples' WHERE NOT EXISTS (SELECT 1 FROM auth.families)
    RETURNING id
  )
  INSERT INTO auth.users (family_id, username, full_name, email, role)
  SELECT id, 'olivia_owner', 'Olivia Example', 'olivia@example.org', 'owner' FROM family
  RETURNING family_id AS "familyId"`;

export async function seedDemoFamily(db: Queryable): Promise<boolean> {
  return (await db.query(SEED)).length > 0;
}

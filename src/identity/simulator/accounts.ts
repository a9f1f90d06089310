/**
 * The simulator's accounts, in a separate schema, so that all nodes see the same ones, also after a
 * restart. Of a password only a salted digest is stored, a fast one: a development tool must not be the
 * bottleneck of what is measured against it.
 */
import { createHmac, randomBytes } from 'node:crypto';
import type { Queryable } from '../../database/database.ts';

export interface SimulatedUser {
  readonly userId: string;
  readonly organizationId: string;
  readonly username: string;
  /** The `human` of the request that created the account, without the password. */
  readonly human: { readonly profile: object; readonly email: object };
  readonly createdAt: Date;
}

export interface NewSimulatedUser extends Omit<SimulatedUser, 'createdAt'> {
  readonly password: string;
}

/** Creates the account. Returns when it was created, or undefined if its id or name exists already. */
export async function insertUser(db: Queryable, user: NewSimulatedUser): Promise<Date | undefined> {
  const [made] = await db.query<{ created_at: Date }>(
    `INSERT INTO identity_simulator.accounts (user_id, organization_id, username, body, password_digest)
     VALUES ($1, $2, $3, $4::jsonb, $5)
     ON CONFLICT DO NOTHING
     RETURNING created_at`,
    [user.userId, user.organizationId, user.username, JSON.stringify(user.human), passwordDigest(user.password)],
  );
  return made?.created_at;
}

export async function findUser(db: Queryable, userId: string): Promise<SimulatedUser | undefined> {
  const [row] = await db.query<{
    organization_id: string;
    username: string;
    body: SimulatedUser['human'];
    created_at: Date;
  }>('SELECT organization_id, username, body, created_at FROM identity_simulator.accounts WHERE user_id = $1', [
    userId,
  ]);
  if (row === undefined) return undefined;
  const { organization_id, username, body, created_at } = row;
  return { userId, organizationId: organization_id, username, human: body, createdAt: created_at };
}

/** Replaces the password; false if the account does not exist. */
export async function replacePassword(db: Queryable, userId: string, password: string): Promise<boolean> {
  const rows = await db.query(
    'UPDATE identity_simulator.accounts SET password_digest = $2 WHERE user_id = $1 RETURNING user_id',
    [userId, passwordDigest(password)],
  );
  return rows.length > 0;
}

/** Whether this is the account's password; false if the account does not exist. For tests. */
export async function hasPassword(db: Queryable, userId: string, password: string): Promise<boolean> {
  const [row] = await db.query<{ password_digest: string }>(
    'SELECT password_digest FROM identity_simulator.accounts WHERE user_id = $1',
    [userId],
  );
  const salt = row?.password_digest.split(':')[1];
  return salt !== undefined && row?.password_digest === passwordDigest(password, salt);
}

function passwordDigest(password: string, salt = randomBytes(12).toString('base64url')): string {
  return `hmac-sha256:${salt}:${createHmac('sha256', salt).update(password).digest('base64url')}`;
}

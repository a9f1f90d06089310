/** The statements that an operator runs after losing the master key, taken verbatim from docs/keys.md. */
import { readFileSync } from 'node:fs';
import pg from 'pg';

const DOCUMENT = readFileSync(new URL('../../docs/keys.md', import.meta.url), 'utf8');
const [, SECTION = ''] = DOCUMENT.split('## A lost master key');
const [, SQL] = /```sql\n([\s\S]*?)```/.exec(SECTION) ?? [];

/** Runs the documented statements on a separate connection, as psql does. Throws when PostgreSQL refuses them. */
export async function giveUpKeyRing(databaseUrl: string): Promise<void> {
  if (SQL === undefined) throw new Error('docs/keys.md has no statements for a lost master key.');
  const client = new pg.Client({ connectionString: databaseUrl, application_name: 'psql' });
  await client.connect();
  await client.query(SQL).finally(() => client.end());
}

/**
 * The work of one job, as every peer does it: create the account at the provider, then insert the user and the
 * event in one statement. Their tables are copies of this server's or, as `lean`, have no checks and no index beyond
 * their keys.
 */
import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { Pool } from 'undici';
import { CONCURRENCY } from './contestant.ts';

export const TABLES = {
  same: [
    'CREATE TABLE peers.users (LIKE auth.users INCLUDING ALL, FOREIGN KEY (family_id) REFERENCES auth.families)',
    'CREATE TABLE peers.outbox_events (LIKE auth.outbox_events INCLUDING ALL)',
  ],
  lean: [
    'CREATE TABLE peers.users (LIKE auth.users INCLUDING DEFAULTS, PRIMARY KEY (id), UNIQUE (username), UNIQUE (zitadel_user_id))',
    'CREATE TABLE peers.outbox_events (LIKE auth.outbox_events INCLUDING DEFAULTS INCLUDING IDENTITY, PRIMARY KEY (event_id))',
  ],
} as const;

const INSERT = `
  WITH created AS (
    INSERT INTO peers.users (id, family_id, username, full_name, role, zitadel_user_id)
    SELECT id, family_id, username, full_name, 'managed_account', entry_id
    FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::text[])
      AS account (id, family_id, username, full_name, entry_id)
    RETURNING id, zitadel_user_id
  )
  INSERT INTO peers.outbox_events (event_type, aggregate_type, aggregate_id, payload)
  SELECT 'ManagedAccountCreated', 'User', id, jsonb_build_object('entryId', zitadel_user_id) FROM created`;

export type Account = {
  readonly entryId: string;
  readonly familyId: string;
  readonly username: string;
  readonly fullName: string;
  readonly password: string;
};

const run = randomUUID().slice(0, 8);
let enqueued = 0;

export const newAccount = (familyId: string): Account => ({
  entryId: randomUUID(),
  familyId,
  username: `p${run}_${enqueued++}`,
  fullName: 'Some Body',
  password: 'correct horse battery',
});

export interface Accounts {
  /** Creates the accounts at the provider and then their users and events. Throws if one of them fails. */
  create(accounts: readonly Account[]): Promise<void>;
  close(): Promise<void>;
}

export function openAccounts(url: string, providerUrl: string): Accounts {
  const provider = new Pool(providerUrl, { connections: CONCURRENCY, pipelining: 1 });
  const database = new pg.Pool({ connectionString: url, max: 10 });

  async function call({ entryId, username, password }: Account): Promise<void> {
    const { statusCode, body } = await provider.request({
      method: 'POST',
      path: '/v2/users/new',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ userId: entryId, username, password }),
    });
    await body.json();
    if (statusCode !== 200) throw new Error(`The provider answered ${statusCode}`);
  }

  return {
    async create(accounts) {
      await Promise.all(accounts.map(call));
      const column = (of: (account: Account) => string): string[] => accounts.map(of);
      const values = [
        column(() => randomUUID()),
        column(({ familyId }) => familyId),
        column(({ username }) => username),
        column(({ fullName }) => fullName),
        column(({ entryId }) => entryId),
      ];
      await database.query({ name: 'insert', text: INSERT, values });
    },
    async close() {
      await provider.close();
      await database.end();
    },
  };
}

/**
 * A complete run at LOG_LEVEL=trace, with everything that can go wrong with a password; then a search for the
 * passwords, the provider's token and the master key in everything it leaves: every table, every file of the data
 * folder, every log line, every response, every event.
 */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { superuserUrl } from '../../src/database/embedded/connection.ts';
import { embeddedFolder, embeddedUrl } from '../../src/database/embedded/embedded.ts';
import type { FaultOrder } from '../../src/identity/simulator/faults.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { createProcesses, type Env, type ProviderProcess, type ServerProcess, until } from '../support/process.ts';
import { subscribe } from '../support/sse.ts';

// Each start of a server costs about a second of CPU time, which other tests need too.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

const PASSWORDS = {
  good: 'Mooring-Kettle-4711',
  failing: 'Walnut-Lantern-0815',
  replacing: 'Copper-Thistle-2323',
  cancelled: 'Velvet-Anchor-9090',
  crashing: 'Harbour-Pickle-5150',
  echoed: 'Gravel-Orchid-6464',
  tooShort: 'Sh0rt-Pw',
  ofNoEnd: `Endless-Meadow-${'x'.repeat(70)}`,
} as const;

const ENTRY = 'entry { entryId status lastErrorCode lastErrorMessage attempts { edges { node { errorMessage } } } }';
const ENQUEUE = `mutation ($input: EnqueueAccountInput!) { enqueueAccount(input: $input) {
  __typename ... on MutationError { message } ... on InvalidInputError { issues { path code message } } ... on EnqueueAccountPayload { ${ENTRY} } } }`;
const RETRY = `mutation ($input: RetryEntryInput!) { retryEntry(input: $input) {
  __typename ... on MutationError { message } ... on RetryEntryPayload { ${ENTRY} } } }`;
const CANCEL = `mutation ($input: CancelEntryInput!) { cancelEntry(input: $input) {
  __typename ... on MutationError { message } ... on CancelEntryPayload { ${ENTRY} } } }`;
const LOOK = `{ queuedCreations(first: 50) { edges { node { entryId status lastErrorMessage attempts { edges { node { outcome errorMessage } } } } } }
  jobRuns(first: 20) { edges { node { status } } } identityProvider { name url } serverNodes { name state } }`;

const processes = createProcesses();
const nodes: ServerProcess[] = [];
const answers: string[] = [];
let database: TestDatabase;
let provider: ProviderProcess;
let dataDir: string;
let client: pg.Client;
let masterKey: string;
let tables: string;
let secrets: [string, string][];

beforeAll(async () => {
  // The provider's accounts are in another database, so that only the server's data is searched.
  database = await createTestDatabase({ poolSize: 2 });
  provider = await processes.startProvider({ databaseUrl: database.url });
  dataDir = await processes.makeDataDir();
  await playEverything();
  tables = await dump();
  masterKey = (await readFile(join(dataDir, 'master.key'), 'utf8')).trim();
  secrets = [...Object.entries(PASSWORDS), ['the provider’s token', provider.token], ['the master key', masterKey]];
});

afterAll(async () => {
  await client?.end();
  await processes.endAll();
  await database.drop();
});

describe('nothing secret is left in', () => {
  it('the tables', () => {
    // The search works: it finds texts that exist.
    expect(tables).toContain('secret_cancelled');
    expect(tables).toContain('ManagedAccountCreated');
    expectNoSecret(tables);
  });

  it('the files of the data folder, PostgreSQL’s logs and write-ahead log among them', async () => {
    let searched = 0;
    for (const entry of await readdir(dataDir, { recursive: true, withFileTypes: true })) {
      if (!entry.isFile() || entry.name === 'master.key') continue;
      expectNoSecret((await readFile(join(entry.parentPath, entry.name))).toString('latin1'), entry.name);
      searched += 1;
    }
    expect(searched).toBeGreaterThan(100);
  });

  it('the logs, of the crashed node too', () => {
    for (const node of nodes) {
      expect(node.logs().some(({ level }) => level <= 20)).toBe(true);
      expectNoSecret(node.stdout() + node.stderr(), 'log');
    }
    expect(nodes.map((node) => node.stdout()).join('')).toContain('Failed to create Zitadel user for job');
  });

  it('the answers and the subscription', () => {
    expect(answers.join('\n')).toContain('EnqueueAccountPayload');
    // Every request succeeded, so every response contains the requested data.
    expect(answers.filter((answer) => answer.includes('"errors":'))).toEqual([]);
    for (const answer of answers) expectNoSecret(answer, 'answer');
  });
});

async function playEverything(): Promise<void> {
  const env: Env = { DATA_DIR: dataDir, LOG_LEVEL: 'trace', ...provider.env };
  let node = await startNode(env);
  client = new pg.Client({ connectionString: embeddedUrl(dataDir) });
  await client.connect();
  const { rows } = await client.query(
    `SELECT family_id AS "familyId", id AS "createdByUserId" FROM auth.users WHERE role = 'owner' LIMIT 1`,
  );
  const [family] = rows as { familyId: string; createdByUserId: string }[];
  const stream = await subscribe(
    node,
    'subscription { queuedCreationChanged { kind queuedCreation { username status lastErrorMessage } } }',
  );

  const enqueue = async (name: keyof typeof PASSWORDS): Promise<string> => {
    const username = `secret_${name.toLowerCase()}`;
    const input = { ...family, username, fullName: 'Sam Secret', password: PASSWORDS[name], idempotencyKey: name };
    await ask(node, ENQUEUE, { input });
    const found = await client.query('SELECT id FROM auth.queued_managed_account_creations WHERE username = $1', [
      username,
    ]);
    return (found.rows[0] as { id: string } | undefined)?.id ?? '';
  };
  const faults = (...list: FaultOrder[]) => provider.setFaults(list);

  await enqueue('good');
  await ended(await enqueue('good'), 'completed');
  // Refused by validation, in every way.
  await enqueue('tooShort');
  await enqueue('ofNoEnd');
  await ask(node, ENQUEUE, { input: { ...family, username: 'x', fullName: '', password: PASSWORDS.good } });
  await ask(node, ENQUEUE, {
    input: { ...family, username: 'other', fullName: 'O', password: PASSWORDS.failing, idempotencyKey: 'good' },
  });
  // Refused by the provider, then retried with another password.
  await faults({ kind: '503' });
  const failing = await enqueue('failing');
  await ended(failing, 'pending', 1);
  await ask(node, RETRY, { input: { entryId: failing, password: PASSWORDS.replacing } });
  await ended(failing, 'pending', 2);
  // A provider that quotes the password.
  await faults({
    kind: 'error',
    code: 'invalid_argument',
    text: `Bad password ${PASSWORDS.echoed}`,
    errorId: 'COMMA-HuJf6',
  });
  await ended(await enqueue('echoed'), 'failed');
  await faults({
    kind: 'error',
    code: 'internal',
    text: `Bad password ${PASSWORDS.cancelled} for token ${provider.token}`,
  });
  const cancelled = await enqueue('cancelled');
  await ended(cancelled, 'pending', 1);
  await ask(node, CANCEL, { input: { entryId: cancelled } });
  // A crash after the account was created.
  await faults({ kind: 'hang-after', path: 'create' });
  const crashing = await enqueue('crashing');
  await until('the account', async () => {
    const made = await database.db.query('SELECT 1 FROM identity_simulator.accounts WHERE user_id = $1', [crashing]);
    return made.length > 0;
  });
  answers.push(...stream.events());
  node.kill('SIGKILL');
  await node.exited;
  await faults();
  await client.query(
    `UPDATE auth.queued_managed_account_creations SET lease_expires_at = now() WHERE status = 'processing'`,
  );
  node = await startNode(env);
  await ended(crashing, 'completed');
  await ask(node, LOOK);
  for (const path of ['/metrics', '/health/ready', '/health/live'])
    answers.push(await (await fetch(node.url + path)).text());
  const superuser = new pg.Client({ connectionString: superuserUrl(embeddedFolder(dataDir), 'postgres') });
  await superuser.connect();
  await superuser.query('CHECKPOINT');
  await superuser.end();
}

async function startNode(env: Env): Promise<ServerProcess> {
  const node = await processes.startNode(env);
  nodes.push(node);
  return node;
}

async function ask(node: ServerProcess, query: string, variables?: object): Promise<void> {
  answers.push(JSON.stringify(await node.graphql(query, variables)));
}

async function ended(entryId: string, status: string, attempts = 1): Promise<void> {
  await until(`entry ${entryId} to be ${status}`, async () => {
    const { rowCount } = await client.query(
      `SELECT FROM auth.queued_managed_account_creations
       WHERE id = $1 AND status::text = $2 AND lease_token IS NULL AND attempt_count >= $3`,
      [entryId, status, attempts],
    );
    return rowCount === 1;
  });
}

/** Returns all rows of all tables except PostgreSQL's own, as text. */
async function dump(): Promise<string> {
  const { rows } = await client.query<{ xml: string }>(`SELECT database_to_xml(true, false, '')::text AS xml`);
  return rows[0]?.xml ?? '';
}

function expectNoSecret(text: string, where = 'text'): void {
  const found = secrets.filter(([, secret]) => text.includes(secret)).map(([name]) => name);
  expect(found, `secrets in ${where}`).toEqual([]);
}

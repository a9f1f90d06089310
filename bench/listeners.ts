/**
 * Benchmarks many subscriptions over HTTP to one node, half of them to one family, half to all. A row is
 * inserted with SQL; measures the time until the last subscriber has its event, including the entry, for
 * one subscriber and for all of them, in one run. Run `npm run build` first.
 */
import { once } from 'node:events';
import { request } from 'node:http';
import pg from 'pg';
import { cpuOf } from './cpu.ts';
import { startBenchServer } from './server.ts';
import { median } from './setting.ts';

const LISTENERS = Number(process.argv[2] ?? 1_000);
const ROUNDS = Number(process.argv[3] ?? 15);

const server = await startBenchServer({ MAX_SUBSCRIPTIONS: '5000' }, { maxConnections: 6_000 });
const { data } = (await server.graphql('{ families { nodes { familyId } } }')) as {
  data: { families: { nodes: { familyId: string }[] } };
};
const familyId = data.families.nodes[0]?.familyId ?? '';
const url = await import('node:child_process').then(({ execFileSync }) =>
  execFileSync(process.execPath, ['dist/main.js', 'db:url'], {
    env: { PATH: process.env.PATH, DATA_DIR: server.dataDir },
    encoding: 'utf8',
  }).trim(),
);
const client = new pg.Client({ connectionString: url, application_name: 'bench' });
await client.connect();

/** Events received in this round, the expected number, and the callback for when all have arrived. */
let heard = 0;
let wanted = 0;
let done: () => void = () => undefined;

async function listen(filter: string): Promise<void> {
  const asked = request(`${server.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'text/event-stream' },
    agent: false,
  });
  asked.end(
    JSON.stringify({
      query: `subscription { queuedCreationChanged${filter} { cursor kind queuedCreation { entryId username status family { name } } } }`,
    }),
  );
  const [response] = await once(asked, 'response');
  response.setEncoding('utf8').on('data', (chunk: string) => {
    if (!chunk.includes('"cursor"')) return;
    heard += 1;
    if (heard === wanted) done();
  });
}

async function round(listeners: number): Promise<number> {
  heard = 0;
  wanted = listeners;
  const all = new Promise<void>((resolve) => {
    done = resolve;
  });
  const begun = performance.now();
  await client.query(
    `INSERT INTO auth.queued_managed_account_creations (family_id, username, full_name, status)
     VALUES ($1, 'l' || substr(gen_random_uuid()::text, 1, 13), 'Listened', 'cancelled')`,
    [familyId],
  );
  await all;
  return performance.now() - begun;
}

try {
  await listen('');
  const alone: number[] = [];
  for (let index = 0; index <= ROUNDS; index++) {
    const took = await round(1);
    if (index > 0) alone.push(took);
  }
  for (let index = 1; index < LISTENERS; index++)
    await listen(index % 2 === 0 ? '' : `(filter: {familyId: "${familyId}"})`);
  const together: number[] = [];
  const cpu = cpuOf(server.pid);
  for (let index = 0; index <= ROUNDS; index++) {
    const took = await round(LISTENERS);
    if (index > 0) together.push(took);
  }
  const each = ((cpuOf(server.pid) - cpu) * 1_000_000) / (ROUNDS + 1) / LISTENERS;
  const told = (times: readonly number[]): string =>
    `median ${median(times).toFixed(1)} ms, most ${Math.max(...times).toFixed(1)} ms`;
  console.log(
    `1 listener: ${told(alone)}; ${LISTENERS} listeners, until the last has it: ${told(together)}; ${each.toFixed(0)} µs of our CPU a listener`,
  );
} finally {
  await client.end();
  await server.stop();
}
process.exit(0);

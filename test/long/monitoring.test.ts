/**
 * monitoring/ in use: promtool checks the files and a real scrape; a real Prometheus with the rules scrapes a real
 * server that requires a token, and alerts fire for what happens to it.
 */
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createTestDatabase, seedFamily, type TestDatabase } from '../support/database.ts';
import { createProcesses, type ServerProcess, until } from '../support/process.ts';
import { type Prometheus, promtool, startPrometheus } from '../support/prometheus.ts';
import { baseOf, selectorsOf } from '../support/promql.ts';

const DASHBOARD = new URL('../../monitoring/grafana/dashboards/family-hub-jobs.json', import.meta.url);
const FILES = fileURLToPath(new URL('../../monitoring/prometheus', import.meta.url));
const TOKEN = 'a-metrics-token-of-the-test-that-is-long-enough';

const processes = createProcesses();
let database: TestDatabase;
let family: { familyId: string; ownerId: string };
let server: ServerProcess;
let folder: string;
let prometheus: Prometheus;

beforeAll(async () => {
  database = await createTestDatabase();
  family = await seedFamily(database.db);
  server = await processes.startNode(
    {
      DATABASE_URL: database.url,
      MASTER_KEY: Buffer.alloc(32, 7).toString('base64'),
      ADMIN_TOKEN: 'an-admin-token-of-the-test-that-is-long-enough',
      METRICS_TOKEN: TOKEN,
      IDENTITY_PROVIDER: 'simulator',
    },
    { metricsIntervalMs: 500 },
  );

  // The original files, with only the addresses and durations changed for the test.
  folder = await mkdtemp(join(tmpdir(), 'family-hub-jobs-monitoring-'));
  await cp(FILES, folder, { recursive: true });
  const tokenFile = join(folder, 'token');
  await writeFile(tokenFile, TOKEN);
  await change('prometheus.yml', [
    ['scrape_interval: 15s', 'scrape_interval: 1s'],
    ['evaluation_interval: 15s', 'evaluation_interval: 1s'],
    ['/run/secrets/metrics-token', tokenFile],
    [/ {4}dns_sd_configs:[\s\S]*$/, `    static_configs:\n      - targets: ["${new URL(server.url).host}"]\n`],
  ]);
  await change('rules.yml', [[/for: 2m/g, 'for: 1s']]);
  prometheus = await startPrometheus(join(folder, 'prometheus.yml'));
}, 120_000);
afterAll(async () => {
  await prometheus?.stop();
  await processes.endAll();
  await rm(folder ?? '', { recursive: true, force: true });
  await database?.drop();
});

async function change(file: string, changes: readonly (readonly [string | RegExp, string])[]): Promise<void> {
  let text = await readFile(join(folder, file), 'utf8');
  for (const [from, to] of changes) {
    const changed = text.replace(from, () => to);
    expect(changed, String(from)).not.toBe(text);
    text = changed;
  }
  await writeFile(join(folder, file), text);
}

const scrape = (token?: string): Promise<Response> =>
  fetch(`${server.url}/metrics`, token === undefined ? {} : { headers: { authorization: `Bearer ${token}` } });
const firing = async (): Promise<(string | undefined)[]> =>
  (await prometheus.alerts()).filter(({ state }) => state === 'firing').map(({ labels }) => labels.alertname);

test.each([
  ['the rules', ['check', 'rules', 'rules.yml']],
  ['the tests of the rules', ['test', 'rules', 'rules.test.yml']],
  ['the configuration', ['check', 'config', '--syntax-only', 'prometheus.yml']],
])('promtool passes %s', async (_name, args) => {
  const { code, said } = await promtool(FILES, args);
  expect([code, said]).toEqual([0, expect.stringMatching(/SUCCESS/)]);
});

test('promtool passes the configuration with its token file in place', async () => {
  expect(await promtool(folder, ['check', 'config', 'prometheus.yml'])).toMatchObject({ code: 0 });
});

test('promtool finds nothing to complain of in a real scrape, which only the token opens', async () => {
  expect((await scrape()).status).toBe(401);
  const answer = await scrape(TOKEN);
  expect(answer.status).toBe(200);
  expect(await promtool(folder, ['check', 'metrics'], await answer.text())).toEqual({ code: 0, said: '' });
});

test('Prometheus scrapes the server, and evaluates every rule', async () => {
  await until('the server to be scraped', async () => {
    const up = await prometheus.query('up{job="family-hub-jobs"}');
    return up.length === 1 && up[0]?.value === 1;
  });
  await until(
    'what is of the database',
    async () => (await prometheus.query('family_hub_nodes_alive == 1')).length === 1,
  );
  await until('a recording', async () => (await prometheus.query('job_status:family_hub_entries:max')).length === 5);
  // Before the first scrape, `up` was 0.
  await until('all to be well', async () => (await firing()).length === 0);
});

test('each expression of the dashboard is one that Prometheus answers, of metrics that it has', async () => {
  const { panels } = JSON.parse(await readFile(DASHBOARD, 'utf8')) as { panels: { targets?: { expr: string }[] }[] };
  const expressions = panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr));
  expect(expressions.length).toBeGreaterThan(40);
  const types = [...(await (await scrape(TOKEN)).text()).matchAll(/^# TYPE (\S+)/gm)].map((match) => match[1] ?? '');
  for (const expression of expressions) {
    const asked = expression.replaceAll('$__rate_interval', '1m').replaceAll('$job', 'family-hub-jobs');
    await prometheus.query(asked);
    const known = (name: string) => types.includes(name);
    for (const { metric } of selectorsOf(asked)) expect(types, asked).toContain(baseOf(metric, known));
  }
  expect(await prometheus.metricNames()).toContain('family_hub_due_entries');
});

test('an entry that fails permanently fires its alert, with where to read what to do about it', async () => {
  // Inserted by SQL with a password that is not encrypted: it fails immediately and permanently.
  await database.db.query(
    `INSERT INTO auth.queued_managed_account_creations (family_id, username, full_name, created_by_user_id, encrypted_password)
     VALUES ($1, 'not_sealed', 'Not Sealed', $2, 'nobody sealed this')`,
    [family.familyId, family.ownerId],
  );
  await database.db.query(`SELECT pg_notify('family_hub_jobs', '{"work":true}')`);
  await until('the alert', async () => (await firing()).includes('FamilyHubAlertOn'), 60_000);
  const alert = (await prometheus.alerts()).find(({ labels }) => labels.alertname === 'FamilyHubAlertOn');
  expect(alert?.labels).toMatchObject({ rule: 'ENTRY_FAILED', severity: 'warning' });
  expect(alert?.annotations.summary).toBe('The server raised ENTRY_FAILED (1).');
  expect(alert?.annotations.description).toContain('explanation');
  expect(await firing()).not.toContain('FamilyHubDown');
});

test('a server that is gone fires the alert that wakes somebody', async () => {
  server.kill('SIGKILL');
  await until('the alert', async () => (await firing()).includes('FamilyHubDown'), 60_000);
  const alert = (await prometheus.alerts()).find(({ labels }) => labels.alertname === 'FamilyHubDown');
  expect(alert?.labels.severity).toBe('critical');
});

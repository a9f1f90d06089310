/**
 * Traces of real server processes, as a collector gets them over OTLP: what belongs to which trace, what goes on to
 * the provider and to webhooks, and that a collector changes nothing when it is unset, down or slow.
 */
import { once } from 'node:events';
import { createServer, request as httpRequest, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Collector, type ReceivedSpan, startCollector } from '../support/collector.ts';
import { createTestDatabase, seedFamily, type TestDatabase } from '../support/database.ts';
import { createProcesses, type Env, type ServerProcess, until, within } from '../support/process.ts';
import { type Receiver, startReceiver } from '../support/receiver.ts';

const TRACE = '0af7651916cd43dd8448eb211c80319c';
const CALLER = 'b7ad6b7169203331';
const SECRET = 'c0llector-k3y-of-the-test';
const ENQUEUE = `mutation Registration($input: EnqueueAccountInput!) {
  enqueueAccount(input: $input) { __typename ... on EnqueueAccountPayload { entry { entryId } } } }`;
const PERSON = { username: 'zenobia_p', fullName: 'Zenobia Palmyra', password: 'Mooring-Kettle-4711' };
/** Prints the loaded modules of OpenTelemetry; prom-client loads the package `api`, which does nothing by itself. */
const PRINT_MODULES = `--import=data:text/javascript,${encodeURIComponent(
  `import { createRequire } from 'node:module';
   const { cache } = createRequire('file:///');
   process.on('exit', () => process.stderr.write(JSON.stringify(Object.keys(cache).filter((path) => /@opentelemetry.(?!api.build)/.test(path)))));`,
)}`;

const processes = createProcesses();
let database: TestDatabase;
let family: { familyId: string; ownerId: string };
let base: Env;
let collector: Collector;
let receiver: Receiver;
let door: Server;
const toProvider: { path: string; headers: IncomingHttpHeaders }[] = [];

/** Forwards to the provider, and keeps the headers. */
async function startDoor(target: string): Promise<Server> {
  const server = createServer((request, response) => {
    toProvider.push({ path: request.url ?? '', headers: request.headers });
    const onward = httpRequest(
      new URL(request.url ?? '/', target),
      { method: request.method ?? 'GET', headers: request.headers },
      (answer) => answer.pipe(response.writeHead(answer.statusCode ?? 500, answer.headers)),
    );
    request.pipe(onward);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server;
}

const enqueue = async (node: ServerProcess, input: object, headers: Readonly<Record<string, string>> = {}) => {
  const { familyId, ownerId: createdByUserId } = family;
  const response = await fetch(`${node.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify({ query: ENQUEUE, variables: { input: { familyId, createdByUserId, ...input } } }),
  });
  const { data } = (await response.json()) as { data: { enqueueAccount: { entry: { entryId: string } } } };
  return { ...data.enqueueAccount.entry, requestId: response.headers.get('x-request-id') };
};
const completed = (entryId: string) =>
  until('the account', async () => {
    const [row] = await database.db.query<{ status: string }>(
      'SELECT status FROM auth.queued_managed_account_creations WHERE id = $1',
      [entryId],
    );
    return row?.status === 'completed';
  });
const end = async (node: ServerProcess): Promise<void> => {
  node.kill('SIGTERM');
  expect((await within(60_000, 'the server to end', node.exited)).code).toBe(0);
};

beforeAll(async () => {
  database = await createTestDatabase();
  family = await seedFamily(database.db);
  collector = await startCollector();
  receiver = await startReceiver();
  const provider = await processes.startProvider({ databaseUrl: database.url });
  door = await startDoor(provider.env.ZITADEL_URL ?? '');
  base = {
    ...provider.env,
    ZITADEL_URL: `http://127.0.0.1:${(door.address() as AddressInfo).port}`,
    DATABASE_URL: database.url,
    MASTER_KEY: Buffer.alloc(32, 7).toString('base64'),
    WEBHOOK_ALLOWED_NETWORKS: '127.0.0.0/8',
  };
});
afterAll(async () => {
  await processes.endAll();
  await collector?.close();
  await receiver?.close();
  door?.close();
  await database?.drop();
});

describe('with a collector', () => {
  let node: ServerProcess;
  let entry: { entryId: string; requestId: string | null };
  let spans: readonly ReceivedSpan[];
  const named = (name: string): ReceivedSpan[] => spans.filter((span) => span.name === name);
  const only = (name: string, isMeant: (span: ReceivedSpan) => boolean = () => true): ReceivedSpan => {
    const [span, ...others] = named(name).filter(isMeant);
    if (span === undefined || others.length > 0)
      throw new Error(`${others.length + 1} of ${name} in ${JSON.stringify(spans.map((one) => one.name))}`);
    return span;
  };
  const traceOf = (id: string): string => id.replaceAll('-', '');
  const ofEntry = ({ traceId }: ReceivedSpan): boolean => traceId === traceOf(entry.entryId);

  beforeAll(async () => {
    node = await processes.startNode({
      ...base,
      LOG_LEVEL: 'debug',
      NODE_NAME: 'traced',
      NODE_OPTIONS: PRINT_MODULES,
      OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
      OTEL_EXPORTER_OTLP_HEADERS: `x-collector-key=${SECRET}`,
      OTEL_RESOURCE_ATTRIBUTES: 'deployment.environment.name=test',
    });
    await node.graphql('mutation ($input: CreateWebhookInput!) { createWebhook(input: $input) { __typename } }', {
      input: { url: `${receiver.url}/hook`, eventTypes: ['ManagedAccountCreated'] },
    });
    entry = await enqueue(node, PERSON, { traceparent: `00-${TRACE}-${CALLER}-01` });
    await completed(entry.entryId);
    await until('the webhook', () => receiver.received.length > 0);
    await node.graphql(
      'mutation { runJobNow(input: { jobName: "ExpiredInvitationCleanupJob", wait: true }) { __typename } }',
    );
    await node.graphql(
      'mutation { rescheduleJob(input: { jobName: "RetentionJob", cron: "* * * * * *" }) { __typename } }',
    );
    await until('a fire', async () => {
      const rows = await database.db.query(
        `SELECT FROM auth.job_runs WHERE job_name = 'RetentionJob' AND trigger = 'schedule' AND status <> 'running'`,
      );
      return rows.length > 0;
    });
    await fetch(`${node.url}/health/ready`);
    await end(node);
    spans = collector.spans;
  });

  it('a request goes on with the trace of its caller, and holds its operation', () => {
    const request = only('POST /graphql', ({ traceId }) => traceId === TRACE);
    expect(request).toMatchObject({
      parentId: CALLER,
      kind: 2,
      attributes: {
        'http.request.method': 'POST',
        'http.route': '/graphql',
        'http.response.status_code': 200,
        'family_hub.request_id': entry.requestId,
      },
    });
    expect(only('mutation enqueueAccount')).toMatchObject({
      traceId: TRACE,
      parentId: request.spanId,
      attributes: { 'graphql.operation.type': 'mutation', 'graphql.operation.name': 'Registration' },
    });
  });

  it('an entry has a trace with its own id: enqueued, attempted, created at the provider, completed', () => {
    const { spanId } = only('mutation enqueueAccount');
    const root = only('enqueue account', ofEntry);
    expect(root).toMatchObject({ parentId: '', links: [{ traceId: TRACE, spanId }] });
    const attempt = only('attempt account creation', ofEntry);
    expect(attempt).toMatchObject({
      parentId: root.spanId,
      isFailed: false,
      attributes: { 'family_hub.entry_id': entry.entryId, 'family_hub.attempt': 1 },
    });
    expect(only('POST /zitadel.user.v2.UserService/CreateUser')).toMatchObject({
      traceId: root.traceId,
      parentId: attempt.spanId,
      kind: 3,
      attributes: { 'http.response.status_code': 200, 'server.address': '127.0.0.1' },
    });
    expect(only('complete entry')).toMatchObject({ traceId: root.traceId, parentId: attempt.spanId });
    expect(only('claim entries')).toMatchObject({
      parentId: '',
      attributes: { 'family_hub.entry_count': 1 },
      links: [{ traceId: root.traceId, spanId: root.spanId }],
    });
  });

  it('the provider and the receiver of a webhook get the trace', () => {
    const call = only('POST /zitadel.user.v2.UserService/CreateUser');
    const asked = toProvider.find(({ path }) => path.endsWith('/CreateUser'));
    expect(asked?.headers.traceparent).toBe(`00-${call.traceId}-${call.spanId}-01`);
    const delivery = only('deliver webhook');
    expect(receiver.received[0]?.headers.traceparent).toBe(`00-${delivery.traceId}-${delivery.spanId}-01`);
    expect(delivery.attributes).toMatchObject({ 'http.response.status_code': 204 });
  });

  it('a fire holds its run; a run by hand is part of the request', () => {
    const fires = named('fire RetentionJob');
    const runs = named('run RetentionJob');
    expect(runs.length).toBeGreaterThan(0);
    for (const run of runs)
      expect(fires.find(({ spanId }) => spanId === run.parentId)).toMatchObject({ parentId: '', traceId: run.traceId });
    expect(only('run ExpiredInvitationCleanupJob')).toMatchObject({
      parentId: only('mutation runJobNow').spanId,
      attributes: { 'family_hub.trigger': 'manual' },
    });
  });

  it('says which server and version it is, with what the standard variables add', () => {
    expect(spans[0]?.resource).toMatchObject({
      'service.name': 'family-hub-jobs',
      'service.instance.id': 'traced',
      'deployment.environment.name': 'test',
    });
    expect(named('GET /health/ready')).toEqual([]);
  });

  it('lines of the log name their span', () => {
    const attempt = only('complete entry');
    expect(node.logs().find(({ msg }) => msg === 'Account created')).toMatchObject({
      trace_id: attempt.traceId,
      span_id: attempt.spanId,
    });
    expect(node.logs().find(({ msg }) => msg === 'Stopped')).not.toHaveProperty('trace_id');
  });

  it('nothing about a person and no secret leaves in a span, and the collector’s key is not in the log', () => {
    expect(collector.requests.length).toBeGreaterThan(0);
    for (const { path, headers, body } of collector.requests) {
      expect([path, headers['x-collector-key'], headers['content-type']]).toEqual([
        '/v1/traces',
        SECRET,
        'application/x-protobuf',
      ]);
      for (const text of [...Object.values(PERSON), '$input', receiver.url, '/hook', base.ZITADEL_TOKEN ?? ''])
        expect(body.includes(text), text).toBe(false);
    }
    expect(node.stdout()).not.toContain(SECRET);
    expect(JSON.parse(node.stderr())).toContainEqual(expect.stringContaining('exporter-trace-otlp-proto'));
  });

  it('an attempt by another node is in the trace of the enqueue', async () => {
    const env = { ...base, OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: `${collector.url}/v1/traces` };
    const first = await processes.startNode(env);
    await first.graphql('mutation { pauseQueue(input: { reason: "test" }) { __typename } }');
    entry = await enqueue(first, { ...PERSON, username: 'zenobia_2' });
    await end(first);
    const second = await processes.startNode({ ...env, NODE_NAME: 'second' });
    await second.graphql('mutation { resumeQueue(input: {}) { __typename } }');
    await completed(entry.entryId);
    await end(second);
    const attempt = only('attempt account creation', ofEntry);
    expect(attempt.parentId).toBe(only('enqueue account', ofEntry).spanId);
    expect(attempt.resource['service.instance.id']).toBe('second');
  });

  it('OTEL_TRACES_SAMPLER decides alike for all of an entry’s trace', async () => {
    const before = spans.length;
    const none = await processes.startNode({
      ...base,
      OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
      OTEL_TRACES_SAMPLER: 'parentbased_traceidratio',
      OTEL_TRACES_SAMPLER_ARG: '0',
    });
    await completed((await enqueue(none, { ...PERSON, username: 'zenobia_3' })).entryId);
    entry = await enqueue(none, { ...PERSON, username: 'zenobia_4' }, { traceparent: `00-${TRACE}-${CALLER}-01` });
    await completed(entry.entryId);
    await end(none);
    expect(spans.slice(before).map(({ name, traceId }) => [name, traceId])).toEqual([
      ['mutation enqueueAccount', TRACE],
      ['POST /graphql', TRACE],
    ]);
  });
});

it('without a collector nothing of it is loaded, and neither calls nor lines have a trace', async () => {
  toProvider.length = 0;
  const node = await processes.startNode({ ...base, NODE_OPTIONS: PRINT_MODULES, LOG_LEVEL: 'debug' });
  await completed((await enqueue(node, { ...PERSON, username: 'zenobia_5' })).entryId);
  await end(node);
  expect(JSON.parse(node.stderr())).toEqual([]);
  expect(toProvider.some(({ path }) => path.endsWith('/CreateUser'))).toBe(true);
  expect(toProvider.filter(({ headers }) => 'traceparent' in headers)).toEqual([]);
  expect(node.stdout()).not.toContain('trace_id');
});

it('a collector that is down is logged once, and once when it is back; one that hangs does not keep the server', async () => {
  const gone = await startCollector();
  await gone.close();
  const node = await processes.startNode({
    ...base,
    OTEL_EXPORTER_OTLP_ENDPOINT: gone.url,
    OTEL_EXPORTER_OTLP_TIMEOUT: '200',
    OTEL_BSP_SCHEDULE_DELAY: '50',
    LOG_LEVEL: 'debug',
  });
  const lines = (text: string) => node.logs().filter(({ msg }) => msg.startsWith(text));
  const read = () => node.graphql<{ __typename: string }>('{ __typename }');
  await until('two failures', async () => (await read()).data.__typename === 'Query' && lines('Traces cannot')[1]);
  const back = await startCollector(Number(new URL(gone.url).port));
  await until('the collector to be used', async () => (await read()) && lines('Traces are exported again')[0]);
  expect(back.spans.length).toBeGreaterThan(0);
  expect(lines('Traces are exported again')).toMatchObject([{ level: 30, lost: expect.any(Number) }]);
  const [first, ...more] = lines('Traces cannot').map(({ level }) => level);
  expect([first, new Set(more)]).toEqual([40, new Set([20])]);
  expect(node.stdout()).not.toMatch(/trace_id.*Traces (cannot|are)/);
  back.hang();
  await completed((await enqueue(node, { ...PERSON, username: 'zenobia_6' })).entryId);
  await end(node);
  await back.close();
});

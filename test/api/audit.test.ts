/**
 * The audit trail through the API: actions are stored and can be found, callers bound to a family see only entries
 * of it, and callers with the permission can have the trail verified.
 */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Act } from '../../src/work/audit-trail.ts';
import { systemCaller } from '../../src/work/caller.ts';
import { ADMIN, callerWith, type Headers, WITH_ACCESS } from '../support/access.ts';
import { callerNamed } from '../support/acts.ts';
import { startTestApp, type TestApp } from '../support/app.ts';
import { createTestDatabase, seedFamily, type TestDatabase } from '../support/database.ts';

interface Entry {
  readonly id: string;
  readonly sequence: number;
  readonly action: string;
  readonly [field: string]: unknown;
}
interface Trail {
  readonly nodes: readonly Entry[];
  readonly totalCount: number;
  readonly pageInfo: {
    readonly hasNextPage: boolean;
    readonly hasPreviousPage: boolean;
    readonly startCursor: string;
    readonly endCursor: string;
  };
}

let database: TestDatabase;
let app: TestApp;
let operator: Headers;
let ofFamily: Headers;
let ours: { familyId: string; ownerId: string };
let theirs: { familyId: string; ownerId: string };
const target = { type: 'QueuedCreation', id: randomUUID() };
const request = randomUUID();

async function ask<Data>(query: string, variables: object = {}, headers: Headers = operator): Promise<Data> {
  const { body } = await app.graphql<Data>(query, variables as Record<string, unknown>, headers);
  expect(body.errors, query).toBeUndefined();
  return body.data;
}
const problemOf = async (query: string, headers: Headers = operator) =>
  (await app.graphql(query, {}, headers)).body.errors?.[0];

const list = async (args: string, headers: Headers = operator): Promise<Trail> =>
  (
    await ask<{ auditEntries: Trail }>(
      `{ auditEntries(${args}) {
          totalCount pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
          nodes { id sequence action outcome actor actorId actorKind tokenPrefix role target targetType targetId familyId
                  reason before after requestId address nodeId at isChained link } } }`,
      {},
      headers,
    )
  ).auditEntries;
const actions = ({ nodes }: Trail) => nodes.map(({ action }) => action);

const OURS = 'ours';
const record = (action: string, more: Partial<Act> = {}) =>
  app.audit.trail.record(database.db, { caller: callerNamed('test:anna'), action, ...more });

beforeAll(async () => {
  database = await createTestDatabase();
  app = await startTestApp({ url: database.url, config: WITH_ACCESS, hasTimers: false });
  [ours, theirs] = await Promise.all([seedFamily(database.db), seedFamily(database.db)]);
  operator = await callerWith(app, { name: 'night-watch', role: 'OPERATOR' });
  ofFamily = await callerWith(app, { name: 'of-the-family', role: 'OPERATOR', familyId: ours.familyId });
  await record('first', { reason: 'To begin', before: { status: 'pending' }, after: { status: 'failed', count: 2 } });
  await record(OURS, {
    caller: { ...callerNamed('test:anna'), address: '192.0.2.1' },
    familyId: ours.familyId,
    target,
  });
  await record('theirs', { familyId: theirs.familyId });
  await record('denied', { outcome: 'denied', familyId: ours.familyId });
  await record('systems', { caller: systemCaller('circuit') });
  await record('last', { caller: { ...callerNamed('test:bert'), requestId: request, address: '192.0.2.7' } });
  await app.audit.chainer.chain();
});
afterAll(async () => {
  await app?.close();
  await database?.drop();
});

describe('the list', () => {
  it('is newest first and says everything', async () => {
    const { nodes } = await list('first: 6');
    expect(nodes.map(({ action }) => action)).toEqual(['last', 'systems', 'denied', 'theirs', OURS, 'first']);
    expect(nodes[0]).toMatchObject({
      actor: 'test:bert',
      actorKind: 'LOCAL',
      requestId: request,
      address: '192.0.2.7',
    });
    expect(nodes[1]).toMatchObject({ actor: 'the server (circuit)', actorId: 'system:circuit', actorKind: 'SYSTEM' });
    expect(nodes[2]).toMatchObject({ outcome: 'DENIED', target: null });
    expect(nodes[4]).toMatchObject({
      target: `QueuedCreation ${target.id}`,
      targetId: target.id,
      familyId: ours.familyId,
    });
    expect(nodes[5]).toMatchObject({
      reason: 'To begin',
      before: { status: 'pending' },
      after: { status: 'failed', count: 2 },
      outcome: 'DONE',
      role: 'ADMIN',
      isChained: true,
      nodeId: app.node.id,
    });
    const first = nodes[5];
    expect(nodes.map(({ link }) => link)).toEqual([5, 4, 3, 2, 1, 0].map((more) => Number(first?.link) + more));
  });

  it('goes on in both directions, whatever was added meanwhile', async () => {
    const all = actions(await list('first: 100'));
    const one = await list('first: 2');
    await record('meanwhile');
    const two = await list(`first: 2, after: "${one.pageInfo.endCursor}"`);
    expect([...actions(one), ...actions(two)]).toEqual(all.slice(0, 4));
    expect([one.pageInfo.hasNextPage, two.pageInfo.hasPreviousPage]).toEqual([true, true]);
    const back = await list(`last: 2, before: "${two.pageInfo.startCursor}"`);
    expect(actions(back)).toEqual(actions(one));
    expect(back.pageInfo).toMatchObject({ hasNextPage: true, hasPreviousPage: true });
    expect(actions(await list(`last: 1`))).toEqual([all.at(-1)]);
    expect((await list('first: 1')).totalCount).toBe(all.length + 1);
    expect(await problemOf('{ auditEntries(after: "nonsense") { totalCount } }')).toMatchObject({
      extensions: { code: 'BAD_USER_INPUT' },
    });
  });

  it.each([
    ['actor: {equals: "test:bert"}', ['last']],
    ['actor: {startsWith: "the server"}, actorKind: SYSTEM', ['systems']],
    ['actorId: "system:circuit"', ['systems']],
    ['action: {in: ["ours", "theirs"]}', ['theirs', OURS]],
    ['outcome: DENIED', ['denied']],
    ['targetType: "QueuedCreation", action: {equals: "ours"}', [OURS]],
    [`targetId: "${target.id}"`, [OURS]],
    [`requestId: "${request}"`, ['last']],
    ['at: {to: "2020-01-01T00:00:00Z"}', []],
    ['at: {from: "2020-01-01T00:00:00Z"}, action: {equals: "first"}', ['first']],
  ])('is filtered by %s', async (filter, expected) => {
    const found = await list(`filter: {${filter}}`);
    expect(actions(found)).toEqual(expected);
    expect(found.totalCount).toBe(expected.length);
  });

  it('has what callers do, with their token’s prefix, their request and where it came from', async () => {
    await ask('mutation { pauseQueue(input: {reason: "The night"}) { __typename } }');
    const [paused] = (await list('filter: {action: {equals: "pauseQueue"}}')).nodes;
    expect(paused).toMatchObject({
      actor: expect.stringContaining('night-watch'),
      actorKind: 'API_TOKEN',
      role: 'OPERATOR',
      reason: 'The night',
      tokenPrefix: expect.any(String),
      requestId: expect.any(String),
      address: expect.stringMatching(/127\.0\.0\.1|::1/),
    });
    await ask('mutation { resumeQueue(input: {}) { __typename } }');
  });
});

describe('a caller that is bound to a family', () => {
  it('sees what concerns its family, and counts nothing else', async () => {
    const seen = await list('first: 100', ofFamily);
    expect(actions(seen)).toEqual(expect.arrayContaining(['denied', OURS]));
    expect(actions(seen)).not.toEqual(expect.arrayContaining(['theirs']));
    expect(seen.nodes.every(({ familyId }) => familyId === ours.familyId)).toBe(true);
    expect(seen.totalCount).toBe(seen.nodes.length);
    for (const filter of [`familyId: "${theirs.familyId}"`, 'action: {equals: "theirs"}', 'actorKind: SYSTEM']) {
      expect(await list(`filter: {${filter}}`, ofFamily)).toMatchObject({ nodes: [], totalCount: 0 });
    }
  });

  it('is told from where and on which node it acted itself, but not of others', async () => {
    const pause = `mutation { pauseQueue(input: {familyId: "${ours.familyId}", reason: "x"}) { __typename } }`;
    await ask(pause, {}, ofFamily);
    const whence = async (action: string, headers: Headers) =>
      (await list(`filter: {action: {equals: "${action}"}, familyId: "${ours.familyId}"}`, headers)).nodes[0];
    const [mine, others] = [await whence('pauseQueue', ofFamily), await whence(OURS, ofFamily)];
    expect(mine).toMatchObject({ address: expect.any(String), nodeId: app.node.id });
    expect(others).toMatchObject({ address: null, nodeId: null });
    expect(await whence(OURS, operator)).toMatchObject({ address: '192.0.2.1', nodeId: app.node.id });
    const { node } = await ask<{ node: object }>(
      `{ node(id: "${others?.id}") { ... on AuditEntry { address nodeId } } }`,
      {},
      ofFamily,
    );
    expect(node).toEqual({ address: null, nodeId: null });
    await ask(`mutation { resumeQueue(input: {familyId: "${ours.familyId}"}) { __typename } }`, {}, ofFamily);
  });

  it('finds no other act by its id', async () => {
    const { nodes } = await list('filter: {action: {in: ["ours", "theirs"]}}');
    const found = async (id: string | undefined, headers: Headers) =>
      (await ask<{ node: Entry | null }>(`{ node(id: "${id}") { ... on AuditEntry { action } } }`, {}, headers)).node;
    expect(await found(nodes[0]?.id, operator)).toEqual({ action: 'theirs' });
    expect(await found(nodes[1]?.id, ofFamily)).toEqual({ action: OURS });
    expect(await found(nodes[0]?.id, ofFamily)).toBeNull();
  });

  it('has nothing to verify: the chain is of all families', async () => {
    expect(await problemOf('{ verifyAuditTrail { isIntact } }', ofFamily)).toMatchObject({
      extensions: { code: 'FORBIDDEN' },
    });
  });
});

describe('verifying', () => {
  const VERIFICATION = 'isIntact checkedCount uncheckedCount firstBrokenSequence problem headLink';
  const verify = async (args = '') =>
    (await ask<{ verifyAuditTrail: Record<string, unknown> }>(`{ verifyAuditTrail${args} { ${VERIFICATION} } }`))
      .verifyAuditTrail;
  /** The current anchor of the trail, which is the last line of an export. */
  const anchorNow = async (): Promise<string> => {
    const response = await fetch(`${app.url}/audit/export`, { headers: ADMIN });
    const lines = (await response.text()).trimEnd().split('\n');
    return (JSON.parse(lines.at(-1) ?? '') as { anchor: string }).anchor;
  };

  it('answers that all is as it was written, and for a span', async () => {
    await app.audit.chainer.chain();
    const { headLink: link } = await verify();
    expect(link).toBeGreaterThan(0);
    expect(await verify()).toEqual({
      isIntact: true,
      checkedCount: link,
      uncheckedCount: 0,
      firstBrokenSequence: null,
      problem: null,
      headLink: link,
    });
    expect(await verify('(to: "2020-01-01T00:00:00Z")')).toMatchObject({ isIntact: true, checkedCount: 1 });
  });

  it('names what was changed, and an end that was deleted', async () => {
    const [first] = (await list('filter: {action: {equals: "first"}}')).nodes;
    await database.db.query(`UPDATE auth.audit_entries SET role = 'x', before = 'no JSON' WHERE action = 'first'`);
    expect(await verify()).toMatchObject({ isIntact: false, firstBrokenSequence: first?.sequence });
    // Falsified entries can still be read.
    expect((await list('filter: {action: {equals: "first"}}')).nodes).toMatchObject([
      { role: null, before: 'no JSON' },
    ]);
    await database.db.query(
      `UPDATE auth.audit_entries SET role = 'admin', before = '{"status":"pending"}' WHERE action = 'first'`,
    );
    const anchor = await anchorNow();
    expect(await verify(`(anchor: "${anchor}")`)).toMatchObject({ isIntact: true });
    const cut = `WITH gone AS (DELETE FROM auth.audit_entries WHERE link = (SELECT max(link) FROM auth.audit_entries) RETURNING *)
                 SELECT to_jsonb(gone) AS row FROM gone`;
    const [gone] = await database.db.query<{ row: object }>(cut);
    expect(await verify(`(anchor: "${anchor}")`)).toMatchObject({
      isIntact: false,
      problem: expect.stringContaining('was deleted'),
    });
    await database.db.query(
      'INSERT INTO auth.audit_entries SELECT * FROM jsonb_populate_record(NULL::auth.audit_entries, $1::jsonb)',
      [JSON.stringify(gone?.row)],
    );
    expect(await verify(`(anchor: "${anchor}")`)).toMatchObject({ isIntact: true });
  });

  it('refuses what is no span and no anchor', async () => {
    const at = '2026-01-01T00:00:00Z';
    expect(await problemOf(`{ verifyAuditTrail(from: "${at}", to: "${at}") { isIntact } }`)).toMatchObject({
      message: expect.stringContaining('before'),
      extensions: { code: 'BAD_USER_INPUT' },
    });
    expect(await problemOf('{ verifyAuditTrail(anchor: "a1.1.1.x.y.z") { isIntact } }')).toMatchObject({
      message: expect.stringContaining('not an anchor'),
      extensions: { code: 'BAD_USER_INPUT' },
    });
  });

  it('is dear: a few in one request', async () => {
    const many = Array.from({ length: 5 }, (_, index) => `v${index}: verifyAuditTrail { isIntact }`).join(' ');
    expect(await problemOf(`{ ${many} }`)).toMatchObject({ extensions: { code: 'QUERY_TOO_COMPLEX' } });
  });
});

describe('the export', () => {
  const get = (query = '', headers: Headers = ADMIN, method = 'GET') =>
    fetch(`${app.url}/audit/export${query}`, { method, headers });

  it('streams the trail as JSON lines to an ADMIN, and is on record', async () => {
    const response = await get();
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toBe('application/x-ndjson; charset=utf-8');
    expect(response.headers.get('cache-control')).toBe('no-store');
    const lines = (await response.text())
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(lines[0]).toMatchObject({ format: 'family-hub-jobs audit trail 1', firstLink: 1 });
    expect(lines.map(({ action }) => action)).toEqual(expect.arrayContaining(['first', OURS, 'theirs', 'last']));
    // The export is itself the last entry in the file.
    expect(lines.at(-2)).toMatchObject({
      action: 'exportAuditTrail',
      actor_kind: 'admin_token',
      link: lines.length - 2,
    });
    const { verifyAuditTrail } = await ask<{ verifyAuditTrail: object }>(
      'query ($anchor: String) { verifyAuditTrail(anchor: $anchor) { isIntact } }',
      { anchor: lines.at(-1)?.anchor },
    );
    expect(verifyAuditTrail).toEqual({ isIntact: true });
    const none = await (await get('?to=2020-01-01T00:00:00Z')).text();
    expect(none.split('\n')).toHaveLength(4);
  });

  it('is for nobody else, and that one was refused is on record', async () => {
    expect((await get('', {})).status).toBe(401);
    for (const headers of [operator, ofFamily]) expect((await get('', headers)).status).toBe(403);
    expect((await list('filter: {action: {equals: "exportAuditTrail"}, outcome: DENIED}')).totalCount).toBe(2);
  });

  it('refuses what is no span and no GET', async () => {
    const wrong = [
      '?from=yesterday',
      '?from=2026-02-30T00:00:00Z',
      '?from=2026-01-02T00:00:00Z&to=2026-01-01T00:00:00Z',
    ];
    for (const query of wrong) {
      const response = await get(query);
      expect(response.status).toBe(400);
      expect(await response.text()).toContain('RFC 3339');
    }
    for (const [query, problem] of [
      ['?form=2026-01-01T00:00:00Z', '`form` is not a parameter of this path. It takes from, to.'],
      ['?from=2026-01-01T00:00:00Z&from=2026-02-01T00:00:00Z', '`from` is given more than once. Give it once.'],
    ]) {
      const response = await get(query);
      expect(response.status).toBe(400);
      expect(await response.json()).toMatchObject({ errors: [{ message: problem }] });
    }
    const posted = await get('', ADMIN, 'POST');
    expect([posted.status, posted.headers.get('allow')]).toEqual([405, 'GET']);
  });

  it('ends without an anchor when its client leaves, and the server goes on', async () => {
    const leaving = new AbortController();
    const response = await fetch(`${app.url}/audit/export`, { headers: ADMIN, signal: leaving.signal });
    leaving.abort();
    await expect(response.text()).rejects.toThrow();
    expect((await get('?to=2020-01-01T00:00:00Z')).status).toBe(200);
  });
});

it('what is not chained is measured', async () => {
  // The first scrape starts a query, and returns the figures available by then.
  const scraped = async () => (await app.metrics.scrape()).text;
  await expect.poll(scraped, { timeout: 30_000 }).toMatch(/^family_hub_audit_unchained_entries \d+$/m);
  expect(await app.graphql('{ auditEntries(first: 1) { totalCount } }', {}, ADMIN)).toMatchObject({ status: 200 });
});

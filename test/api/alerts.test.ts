/**
 * Alerts with two nodes and the API: one alert however many nodes evaluate, none lost or announced twice across a
 * restart, silences, pages, and the status of the rules.
 */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { endTurn, lockTurn, takeTurn } from '../../src/alerts/evaluate.ts';
import { startTestApp, type TestApp } from '../support/app.ts';
import { createTestDatabase, seedFamily, type TestDatabase } from '../support/database.ts';

let database: TestDatabase;
let family: { familyId: string; ownerId: string };
const nodes: TestApp[] = [];

const start = async (nodeName: string): Promise<TestApp> => {
  const node = await startTestApp({
    url: database.url,
    nodeName,
    config: { alertIntervalMs: 200, alertHoldMs: 100 },
    hasTimers: false,
  });
  nodes.push(node);
  return node;
};

beforeAll(async () => {
  database = await createTestDatabase();
  family = await seedFamily(database.db);
  await Promise.all([start('first'), start('second')]);
});
afterAll(async () => {
  await Promise.all(nodes.map((node) => node.close()));
  await database?.drop();
});

const sql = <Row = Record<string, unknown>>(text: string, values?: readonly unknown[]) =>
  database.db.query<Row>(text, values);

const failEntries = (count: number, group: string) =>
  sql(
    `INSERT INTO auth.queued_managed_account_creations
       (family_id, username, full_name, created_by_user_id, status, next_retry_at, last_error_code, last_error_message, failure_group, failed_at)
     SELECT $1, 'f_' || substr(md5(random()::text || n), 1, 16), 'Somebody', $2, 'failed', NULL, 'PASSWORD_REFUSED', 'No.', $3, now()
     FROM generate_series(1, $4) AS n`,
    [family.familyId, family.ownerId, group, count],
  );
const cureEntries = (group: string) =>
  sql('DELETE FROM auth.queued_managed_account_creations WHERE failure_group = $1', [group]);

async function ask<Data>(query: string, variables: Record<string, unknown> = {}): Promise<Data> {
  const node = nodes.at(-1);
  if (node === undefined) throw new Error('No node is running.');
  const { body } = await node.graphql<Data>(query, variables);
  expect(body.errors).toBeUndefined();
  return body.data;
}

interface AlertView {
  readonly id: string;
  readonly alertId: string;
  readonly groupKey: string;
  readonly count: number;
  readonly isOn: boolean;
  readonly isSilenced: boolean;
  readonly announcedAt: string | null;
}
const ALERT =
  'id alertId rule groupKey severity count summary isOn isSilenced announcedAt resolvedAt subject { kind key }';
const alertsOf = async (groupKey: string): Promise<AlertView[]> => {
  const { alerts } = await ask<{ alerts: { nodes: AlertView[] } }>(
    `query ($groupKey: String!) { alerts(filter: { groupKey: $groupKey }) { nodes { ${ALERT} } } }`,
    { groupKey },
  );
  return alerts.nodes;
};
const eventsOf = async (groupKey: string): Promise<string[]> => {
  const rows = await sql<{ type: string }>(
    `SELECT event_type AS type FROM auth.outbox_events WHERE payload ->> 'group' = $1 ORDER BY sequence`,
    [groupKey],
  );
  return rows.map(({ type }) => type);
};
const linesOf = (groupKey: string) =>
  nodes
    .flatMap(({ logLines }) => logLines)
    .filter(({ group }) => group === groupKey)
    .map(({ level, msg }) => ({ level, msg }));
const ofGroup = (groupKey: string) => expect.poll(async () => (await alertsOf(groupKey))[0], { timeout: 30_000 });
/** Waits until both nodes have evaluated the rules again without another change. */
const settled = async () => {
  const [before] = await sql<{ doneAt: Date }>('SELECT clock_timestamp() AS "doneAt"');
  const looks = async () =>
    (await sql('SELECT FROM auth.alert_turn WHERE taken_at > $1 AND done_at > taken_at', [before?.doneAt])).length;
  await expect.poll(looks, { timeout: 30_000 }).toBe(1);
};

const silence = (input: Record<string, unknown>) =>
  ask<{ silenceAlert: Record<string, unknown> }>(
    `mutation ($input: SilenceAlertInput!) { silenceAlert(input: $input) {
       __typename
       ... on SilenceAlertPayload { isReplay silence { silenceId rule groupKey reason createdBy endsAt endedAt alert { alertId } } }
       ... on MutationError { code message }
       ... on InvalidInputError { issues { path code } }
       ... on IdempotencyConflictError { fields }
     } }`,
    { input: { until: new Date(Date.now() + 3_600_000).toISOString(), reason: 'we know', ...input } },
  ).then(({ silenceAlert }) => silenceAlert);
const silenceIdOf = (answer: Record<string, unknown>) => (answer.silence as { silenceId: string }).silenceId;

describe('4,000 failures by one cause, with two nodes and a restart', () => {
  it('are told of once on and once off', async () => {
    await failEntries(1_000, 'flood');
    await ofGroup('flood').toMatchObject({
      count: 1_000,
      isOn: true,
      isSilenced: false,
      subject: { kind: 'FAILURE_GROUP', key: 'flood' },
    });
    const [alert] = await alertsOf('flood');
    await failEntries(1_000, 'flood');
    await nodes.shift()?.close();
    await failEntries(2_000, 'flood');
    await ofGroup('flood').toMatchObject({ alertId: alert?.alertId, count: 4_000 });
    await start('third');
    await settled();
    await settled();
    expect(await eventsOf('flood')).toEqual(['AlertRaised']);
    const { node } = await ask<{ node: unknown }>(
      `query ($id: ID!) { node(id: $id) { ... on Alert { summary severity explanation { summary blockers { __typename message cure { mutation input } } } } } }`,
      { id: alert?.id },
    );
    expect(node).toMatchObject({
      severity: 'WARNING',
      summary: '4,000 entries failed permanently with PASSWORD_REFUSED. The identity provider refuses the password.',
      explanation: {
        blockers: [
          {
            __typename: 'AlertCause',
            message: expect.stringContaining('password policy'),
            cure: { mutation: 'planBulkAction', input: { action: 'RETRY', filter: { failureGroup: 'flood' } } },
          },
        ],
      },
    });
    await cureEntries('flood');
    await ofGroup('flood').toMatchObject({ alertId: alert?.alertId, isOn: false, count: 4_000 });
    await settled();
    expect(await eventsOf('flood')).toEqual(['AlertRaised', 'AlertResolved']);
    expect(linesOf('flood').filter(({ msg }) => String(msg).includes('is over'))).toEqual([
      {
        level: 30,
        msg: 'Alert ENTRY_FAILED is over. It was: 4,000 entries failed permanently with PASSWORD_REFUSED. The identity provider refuses the password.',
      },
    ]);
  });
});

/** The kinds of the published changes of an alert since then. */
const changesSince = async (at: Date, alertId: string | undefined): Promise<string[]> => {
  const rows = await sql<{ kind: string }>(
    `SELECT kind FROM auth.changes WHERE topic = 'alert' AND $2 = ANY (keys) AND at > $1 ORDER BY transaction_id, sequence`,
    [at, alertId],
  );
  return rows.map(({ kind }) => kind);
};
/** Ends a silence as if its time had passed: without the triggers that would publish a manual change. */
const endByTime = (silenceId: string) =>
  database.db.transaction(async (tx) => {
    await tx.query('SET LOCAL session_replication_role = replica');
    return tx.query<{ at: Date }>(
      'UPDATE auth.alert_silences SET ends_at = clock_timestamp() WHERE id = $1 RETURNING clock_timestamp() AS at',
      [silenceId],
    );
  });

describe('silences', () => {
  it('keep an alert back that is there to be seen, until they end', async () => {
    const answer = await silence({ rule: 'ENTRY_FAILED', groupKey: 'quiet' });
    expect(answer).toMatchObject({
      __typename: 'SilenceAlertPayload',
      isReplay: false,
      silence: {
        rule: 'ENTRY_FAILED',
        groupKey: 'quiet',
        reason: 'we know',
        createdBy: 'local',
        endedAt: null,
        alert: null,
      },
    });
    await failEntries(1, 'quiet');
    await failEntries(1, 'loud');
    await ofGroup('quiet').toMatchObject({ isOn: true, isSilenced: true, announcedAt: null });
    await ofGroup('loud').toMatchObject({ isSilenced: false, announcedAt: expect.any(String) });
    await settled();
    expect(await eventsOf('quiet')).toEqual([]);
    expect(linesOf('quiet')).toEqual([]);

    const END = `mutation ($input: EndSilenceInput!) { endSilence(input: $input) {
      ... on EndSilencePayload { isChanged silence { endedAt endedBy } } ... on MutationError { code } } }`;
    const input = { silenceId: silenceIdOf(answer), reason: 'mended' };
    expect(await ask(END, { input })).toMatchObject({
      endSilence: { isChanged: true, silence: { endedAt: expect.any(String), endedBy: 'local' } },
    });
    expect(await ask(END, { input })).toMatchObject({ endSilence: { isChanged: false } });
    expect(await ask(END, { input: { silenceId: randomUUID() } })).toEqual({ endSilence: { code: 'NOT_FOUND' } });
    await ofGroup('quiet').toMatchObject({ isSilenced: false, announcedAt: expect.any(String) });
    expect(await eventsOf('quiet')).toEqual(['AlertRaised']);
    expect(linesOf('quiet')).toMatchObject([{ level: 40 }]);
  });

  it('by their time end as well; what was announced before is not again, and its end is told', async () => {
    const [alert] = await alertsOf('loud');
    const [{ at: before } = { at: new Date() }] = await sql<{ at: Date }>('SELECT clock_timestamp() AS at');
    const answer = await silence({ alertId: alert?.alertId });
    expect(answer).toMatchObject({ silence: { rule: null, alert: { alertId: alert?.alertId } } });
    await ofGroup('loud').toMatchObject({ isSilenced: true });
    await sql(`UPDATE auth.alert_silences SET ends_at = now() WHERE id = $1`, [silenceIdOf(answer)]);
    await ofGroup('loud').toMatchObject({ isSilenced: false });
    await settled();
    await settled();
    expect(await eventsOf('loud')).toEqual(['AlertRaised']);
    // Created, its end changed by SQL, and expired: published once, by whichever node detected it first.
    expect(await changesSince(before, alert?.alertId)).toEqual(['updated', 'updated', 'updated']);
    await silence({ alertId: alert?.alertId });
    await cureEntries('loud');
    await ofGroup('loud').toMatchObject({ isOn: false, isSilenced: false });
    expect(await eventsOf('loud')).toEqual(['AlertRaised', 'AlertResolved']);
    expect(await silence({ alertId: alert?.alertId })).toMatchObject({
      code: 'INVALID_STATE',
      message: expect.stringContaining('rule: "ENTRY_FAILED"'),
    });
  });

  it('by their time end, and the alert that is announced then is told of once', async () => {
    const answer = await silence({ rule: 'ENTRY_FAILED', groupKey: 'late' });
    await failEntries(1, 'late');
    await ofGroup('late').toMatchObject({ isOn: true, isSilenced: true, announcedAt: null });
    const [alert] = await alertsOf('late');
    const [{ at: before } = { at: new Date() }] = await endByTime(silenceIdOf(answer));
    await ofGroup('late').toMatchObject({ isSilenced: false, announcedAt: expect.any(String) });
    await settled();
    expect(await changesSince(before, alert?.alertId)).toEqual(['updated']);
    await cureEntries('late');
    await ofGroup('late').toMatchObject({ isOn: false });
  });

  it('of an alert that ends under them tell nobody anything', async () => {
    await silence({ rule: 'ENTRY_FAILED', groupKey: 'never' });
    await failEntries(1, 'never');
    await ofGroup('never').toMatchObject({ isSilenced: true });
    await cureEntries('never');
    await ofGroup('never').toMatchObject({ isOn: false, announcedAt: null });
    expect(await eventsOf('never')).toEqual([]);
    expect(linesOf('never')).toEqual([]);
  });

  it.each<[string, Record<string, unknown>, object]>([
    ['neither an alert nor a rule', {}, { code: 'INVALID_INPUT', issues: [{ path: ['alertId'], code: 'REQUIRED' }] }],
    ['both', { alertId: randomUUID(), rule: 'NODE_GONE' }, { code: 'INVALID_INPUT' }],
    [
      'a group without a rule',
      { alertId: randomUUID(), groupKey: 'x' },
      { issues: [{ path: ['groupKey'], code: 'INVALID_VALUE' }] },
    ],
    ['no reason', { rule: 'NODE_GONE', reason: '  ' }, { issues: [{ path: ['reason'], code: 'REQUIRED' }] }],
    [
      'an end that has passed',
      { rule: 'NODE_GONE', until: '2001-01-01T00:00:00Z' },
      { issues: [{ path: ['until'], code: 'IN_THE_PAST' }] },
    ],
    [
      'an end in years',
      { rule: 'NODE_GONE', until: '2100-01-01T00:00:00Z' },
      { issues: [{ path: ['until'], code: 'TOO_LATE' }] },
    ],
    [
      'all of it at once',
      { rule: 'NODE_GONE', until: '2001-01-01T00:00:00Z', reason: '' },
      { issues: [{ path: ['reason'] }, { path: ['until'] }] },
    ],
    ['an unknown rule', { rule: 'NOPE' }, { code: 'NOT_FOUND', message: expect.stringContaining('ENTRY_FAILED') }],
    ['an unknown alert', { alertId: randomUUID() }, { code: 'NOT_FOUND' }],
  ])('are refused with %s', async (_what, input, expected) => expect(await silence(input)).toMatchObject(expected));

  it('are made once under an idempotency key', async () => {
    const input = {
      rule: 'NODE_GONE',
      idempotencyKey: 'silence-1',
      until: new Date(Date.now() + 60_000).toISOString(),
    };
    const first = await silence(input);
    expect(await silence(input)).toMatchObject({ isReplay: true, silence: { silenceId: silenceIdOf(first) } });
    expect(await silence({ ...input, reason: 'another' })).toMatchObject({
      code: 'IDEMPOTENCY_CONFLICT',
      fields: ['reason'],
    });
    const { alertSilences } = await ask<{ alertSilences: { rule: string | null }[] }>(
      '{ alertSilences { rule endsAt } }',
    );
    expect(alertSilences.filter(({ rule }) => rule === 'NODE_GONE')).toHaveLength(1);
  });
});

describe('lists', () => {
  it('have what is on first, whichever way they are read', async () => {
    await sql(
      `INSERT INTO auth.alerts (id, rule, group_key, severity, summary, advice, subject_kind, count, started_at, raised_at, is_on, resolved_at)
       SELECT gen_random_uuid(), 'OF_ANOTHER_VERSION', n::text, 'info', 'x', 'y', 'queue', 1, now(), now(), n % 3 = 0, CASE WHEN n % 3 <> 0 THEN now() END
       FROM generate_series(1, 12) AS n`,
    );
    const page = async (args: string) => {
      const { alerts } = await ask<{
        alerts: {
          nodes: { groupKey: string }[];
          totalCount: number;
          pageInfo: { startCursor: string; endCursor: string; hasNextPage: boolean; hasPreviousPage: boolean };
        };
      }>(
        `{ alerts(filter: { rule: ["OF_ANOTHER_VERSION"] }, ${args}) { totalCount nodes { groupKey } pageInfo { startCursor endCursor hasNextPage hasPreviousPage } } }`,
      );
      return { ...alerts, keys: alerts.nodes.map(({ groupKey }) => Number(groupKey)) };
    };
    const all = [12, 9, 6, 3, 11, 10, 8, 7, 5, 4, 2, 1];
    const first = await page('first: 3');
    expect(first).toMatchObject({ keys: all.slice(0, 3), totalCount: 12, pageInfo: { hasNextPage: true } });
    const second = await page(`first: 4, after: "${first.pageInfo.endCursor}"`);
    expect(second.keys).toEqual(all.slice(3, 7));
    expect((await page(`first: 20, after: "${second.pageInfo.endCursor}"`)).keys).toEqual(all.slice(7));
    expect((await page(`last: 5, before: "${second.pageInfo.endCursor}"`)).keys).toEqual(all.slice(1, 6));
    expect((await page('last: 2')).keys).toEqual(all.slice(-2));
    // Alerts of a rule that this version does not know are left to versions that do.
    await settled();
    expect((await page('first: 20')).keys).toEqual(all);
    await sql(`DELETE FROM auth.alerts WHERE rule = 'OF_ANOTHER_VERSION'`);
  });

  it('say how each rule stands', async () => {
    await failEntries(1, 'standing');
    await ofGroup('standing').toMatchObject({ isOn: true });
    const { alertRules } = await ask<{ alertRules: { name: string; state: string; activeCount: number }[] }>(
      '{ alertRules { name title description severity threshold thresholdName state activeCount evaluatedAt } }',
    );
    const names = alertRules.map(({ name }) => name);
    expect(names.length).toBeGreaterThanOrEqual(16);
    expect(new Set(names).size).toBe(names.length);
    expect(alertRules.find(({ name }) => name === 'ENTRY_FAILED')).toMatchObject({
      severity: 'WARNING',
      threshold: 'one entry in the last 7 days',
      thresholdName: 'entry_failed',
      state: 'ON',
      evaluatedAt: expect.any(String),
    });
    expect(alertRules.find(({ name }) => name === 'CIRCUIT_OPEN')).toMatchObject({ state: 'OK', activeCount: 0 });
    await silence({ rule: 'ENTRY_FAILED' });
    const again = await ask<{ alertRules: { name: string; state: string }[] }>('{ alertRules { name state } }');
    expect(again.alertRules).toContainEqual({ name: 'ENTRY_FAILED', state: 'SILENCED' });
  });
});

it('alerts of a rule that there never was are refused, naming the rules; those of a former rule are shown', async () => {
  const of = async (...rule: string[]) => {
    const node = nodes.at(-1) as TestApp;
    const { body } = await node.graphql(
      'query ($rule: [String!]) { alerts(filter: { rule: $rule }) { nodes { rule } } }',
      { rule },
    );
    return body;
  };
  expect(await of('NODE_GONE', 'NOPE')).toMatchObject({
    errors: [
      {
        message: expect.stringMatching(
          /^There is no alert rule "NOPE"\. The rules are ENTRY_FAILED, .*RULE_UNREADABLE\.$/,
        ),
        extensions: { code: 'BAD_USER_INPUT' },
      },
    ],
  });
  await sql(
    `INSERT INTO auth.alerts (id, rule, group_key, severity, summary, advice, subject_kind, count, started_at, raised_at, is_on, resolved_at)
     VALUES (gen_random_uuid(), 'FORMER', '', 'info', 'It was.', 'Nothing.', 'queue', 1, now(), now(), false, now())`,
  );
  expect(await of('FORMER')).toEqual({ data: { alerts: { nodes: [{ rule: 'FORMER' }] } } });
  expect(await of('RULE_UNREADABLE')).toEqual({ data: { alerts: { nodes: [] } } });
});

describe('the turn', () => {
  it('of a node that died runs out, and what it found counts no more', async () => {
    await Promise.all(nodes.splice(0).map((node) => node.close()));
    const { db } = database;
    await sql(`UPDATE auth.alert_turn SET taken_at = NULL, done_at = NULL`);
    const dead = await takeTurn(db, randomUUID(), 100);
    expect(dead).toBeDefined();
    expect(await takeTurn(db, randomUUID(), 0)).toBeUndefined();
    await sql(`UPDATE auth.alert_turn SET taken_at = taken_at - interval '61 seconds'`);
    const next = await takeTurn(db, randomUUID(), 100);
    expect(next).toBeDefined();
    expect(await lockTurn(db, dead?.token ?? '')).toBeUndefined();
    expect(await lockTurn(db, next?.token ?? '')).toBeInstanceOf(Date);
    await endTurn(db, next?.token ?? '', {});
    // After the turn has ended, the next one is due only after the interval.
    expect(await takeTurn(db, randomUUID(), 60_000)).toBeUndefined();
    // Timestamps are stored in milliseconds and may have been rounded up.
    await sql(`UPDATE auth.alert_turn SET taken_at = taken_at - interval '1 second'`);
    const racers = await Promise.all(Array.from({ length: 8 }, () => takeTurn(db, randomUUID(), 0)));
    expect(racers.filter((turn) => turn !== undefined)).toHaveLength(1);
  });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type AlertState, type Change, covers, decide, type Silence } from './alert.rules.ts';
import type { Finding } from './alert-rule.ts';

const HOLD = 60_000;
const START = Date.parse('2027-01-01T00:00:00Z');
const at = (ms: number) => new Date(START + ms);

const finding = (groupKey: string, count = 1): Finding => ({
  groupKey,
  subject: { kind: 'job', key: groupKey },
  count,
  since: at(-5_000),
  summary: `${count} of ${groupKey}`,
  advice: 'Mend it.',
  cure: null,
});

let made = 0;
const look = (
  open: readonly AlertState[],
  findings: readonly Finding[] | undefined,
  now: Date,
  { silences = [] as readonly Silence[], isComplete = true, holdMs = HOLD } = {},
): Change[] =>
  decide(open, [{ rule: 'A_RULE', severity: 'warning', found: findings && { findings, isComplete } }], {
    now,
    holdMs,
    silences,
    newId: () => `alert-${++made}`,
  });

/** Returns the alerts that are on after changes. */
const onAfter = (open: readonly AlertState[], changes: readonly Change[]): AlertState[] => {
  const changed = new Map(changes.map(({ alert }) => [alert.id, alert]));
  const kept = open.map((alert) => changed.get(alert.id) ?? alert);
  return [...kept, ...changes.filter(({ isNew }) => isNew).map(({ alert }) => alert)].filter(
    ({ resolvedAt }) => resolvedAt === null,
  );
};

describe('one alert', () => {
  it('goes on with what was found, and since when', () => {
    const [change] = look([], [finding('nightly')], at(0));
    expect(change).toMatchObject({
      isNew: true,
      edge: 'raised',
      alert: { rule: 'A_RULE', groupKey: 'nightly', startedAt: at(-5_000), raisedAt: at(0), announcedAt: at(0) },
    });
  });

  it('never began after it was found', () => {
    const later = { ...finding('x'), since: at(10_000) };
    expect(look([], [later], at(0))[0]?.alert.startedAt).toEqual(at(0));
    expect(look([], [{ ...later, since: null }], at(0))[0]?.alert.startedAt).toEqual(at(0));
  });

  it('grows without telling anybody, and is written only when something differs', () => {
    const open = onAfter([], look([], [finding('x', 1)], at(0)));
    expect(look(open, [finding('x', 1)], at(10_000))).toEqual([]);
    expect(look(open, [finding('x', 4_000)], at(10_000))).toMatchObject([
      { isNew: false, edge: null, alert: { count: 4_000, summary: '4000 of x', raisedAt: at(0) } },
    ]);
  });

  it('is over once it was not found for the hold time, and told of then', () => {
    let open = onAfter([], look([], [finding('x')], at(0)));
    const missed = look(open, [], at(10_000));
    expect(missed).toMatchObject([{ edge: null, alert: { clearSince: at(10_000), resolvedAt: null } }]);
    open = onAfter(open, missed);
    expect(look(open, [], at(10_000 + HOLD - 1))).toEqual([]);
    expect(look(open, [], at(10_000 + HOLD))).toMatchObject([
      { edge: 'resolved', alert: { resolvedAt: at(10_000 + HOLD) } },
    ]);
  });

  it('is over at once without a hold time', () => {
    const open = onAfter([], look([], [finding('x')], at(0)));
    expect(look(open, [], at(1), { holdMs: 0 })).toMatchObject([{ edge: 'resolved' }]);
  });

  it('stays as it is while its rule cannot be read, does not see everything, or is not asked', () => {
    const open = onAfter([], look([], [finding('x')], at(0)));
    expect(look(open, undefined, at(HOLD * 9))).toEqual([]);
    expect(look(open, [], at(HOLD * 9), { isComplete: false })).toEqual([]);
    expect(decide(open, [], { now: at(HOLD * 9), holdMs: HOLD, silences: [], newId: () => '' })).toEqual([]);
  });

  it('is kept back by a silence, and announced when that ends', () => {
    const silences = [{ alertId: null, rule: 'A_RULE', groupKey: 'x' }];
    const raised = look([], [finding('x')], at(0), { silences });
    expect(raised).toMatchObject([{ isNew: true, edge: null, alert: { announcedAt: null } }]);
    const open = onAfter([], raised);
    expect(look(open, [finding('x')], at(10_000), { silences })).toEqual([]);
    expect(look(open, [finding('x')], at(20_000))).toMatchObject([
      { isNew: false, edge: 'raised', alert: { raisedAt: at(0), announcedAt: at(20_000) } },
    ]);
    expect(look(open, [], at(20_000), { holdMs: 0 })).toMatchObject([
      { edge: null, alert: { resolvedAt: at(20_000) } },
    ]);
  });
});

describe('a silence covers', () => {
  const alert = { id: 'one', rule: 'A_RULE', groupKey: 'x' };
  it.each<[string, Silence, boolean]>([
    ['its alert', { alertId: 'one', rule: null, groupKey: null }, true],
    ['no other alert', { alertId: 'two', rule: null, groupKey: null }, false],
    ['all of its rule', { alertId: null, rule: 'A_RULE', groupKey: null }, true],
    ['its group of the rule', { alertId: null, rule: 'A_RULE', groupKey: 'x' }, true],
    ['no other group', { alertId: null, rule: 'A_RULE', groupKey: 'y' }, false],
    ['the empty group alone when that is named', { alertId: null, rule: 'A_RULE', groupKey: '' }, false],
    ['no other rule', { alertId: null, rule: 'B_RULE', groupKey: 'x' }, false],
  ])('%s', (_what, silence, expected) => expect(covers(silence, alert)).toBe(expected));
});

describe('whatever comes and goes', () => {
  const GROUPS = ['a', 'b'];
  const step = fc.record({
    afterMs: fc.integer({ min: 1, max: 90_000 }),
    found: fc.option(fc.uniqueArray(fc.constantFrom(...GROUPS)), { nil: undefined }),
    isComplete: fc.boolean(),
    isSilenced: fc.boolean(),
  });

  it('is told once on and once off, in turn, and off only after the hold time', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        let open: AlertState[] = [];
        let now = 0;
        const told = new Map<string, string>();
        const lastFound = new Map<string, number>();
        for (const { afterMs, found, isComplete, isSilenced } of steps) {
          now += afterMs;
          const silences = isSilenced ? [{ alertId: null, rule: 'A_RULE', groupKey: null }] : [];
          for (const group of found ?? []) lastFound.set(group, now);
          const changes = look(
            open,
            found?.map((group) => finding(group)),
            at(now),
            { silences, isComplete },
          );
          for (const { alert, edge } of changes) {
            if (edge === 'raised') {
              expect(isSilenced).toBe(false);
              expect(found).toContain(alert.groupKey);
            }
            if (alert.resolvedAt !== null)
              expect(now - (lastFound.get(alert.groupKey) ?? 0)).toBeGreaterThanOrEqual(HOLD);
            if (edge !== null) {
              expect(told.get(alert.groupKey) ?? 'resolved').not.toBe(edge);
              told.set(alert.groupKey, edge);
            }
          }
          open = onAfter(open, changes);
          expect(new Set(open.map(({ groupKey }) => groupKey)).size).toBe(open.length);
          // Every finding has an alert that is on, and every announced alert that is over was announced as resolved.
          for (const group of found ?? []) expect(open.some(({ groupKey }) => groupKey === group)).toBe(true);
          for (const group of GROUPS)
            if (told.get(group) === 'raised') expect(open.some(({ groupKey }) => groupKey === group)).toBe(true);
        }
      }),
    );
  });
});

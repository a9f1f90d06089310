import { describe, expect, it } from 'vitest';
import { byUrgency, isInForce, silenceOf, silenceOfRule, wayTo } from './alert.rules.ts';

const NOW = Date.parse('2026-01-01T12:00:00Z');
const silence = {
  endsAt: '2026-01-01T13:00:00Z',
  endedAt: null,
  rule: 'JOB_FAILING',
  groupKey: null,
  alert: null,
};

describe('alerts', () => {
  it('link to what they are about, where a page shows it', () => {
    expect(wayTo({ kind: 'WEBHOOK', key: 'a/b' })?.href).toBe('/webhooks/a%2Fb');
    expect(wayTo({ kind: 'FAILURE_GROUP', key: 'g' })?.href).toBe('/queue?state=FAILED&failureGroup=g');
    expect(wayTo({ kind: 'FAILURE_GROUP', key: null })?.href).toBe('/failures');
    expect(wayTo({ kind: 'OUTBOX', key: 'e' })?.href).toBe('/events?state=PARKED');
    expect(wayTo({ kind: 'DATABASE', key: null })).toBeUndefined();
  });

  it('stand in the order of their urgency', () => {
    const one = (severity: 'CRITICAL' | 'WARNING' | 'INFO', isSilenced: boolean, raisedAt: string) => ({
      severity,
      isSilenced,
      raisedAt,
    });
    const list = [
      one('CRITICAL', true, '9'),
      one('INFO', false, '9'),
      one('WARNING', false, '1'),
      one('WARNING', false, '2'),
    ];
    expect(list.sort(byUrgency).map(({ severity, raisedAt }) => `${severity} ${raisedAt}`)).toEqual([
      'WARNING 2',
      'WARNING 1',
      'INFO 9',
      'CRITICAL 9',
    ]);
  });
});

describe('silences', () => {
  it('are in force until they end or somebody ends them', () => {
    expect(isInForce(silence, NOW)).toBe(true);
    expect(isInForce({ ...silence, endedAt: '2026-01-01T11:00:00Z' }, NOW)).toBe(false);
    expect(isInForce(silence, Date.parse('2026-01-01T13:00:00Z'))).toBe(false);
  });

  it('cover one alert, one of a rule’s many, or all of a rule; the longest counts', () => {
    const alert = { id: 'a', rule: 'JOB_FAILING', groupKey: 'Job' };
    const longer = { ...silence, rule: null, alert: { id: 'a' }, endsAt: '2026-01-02T00:00:00Z' };
    expect(silenceOf(alert, [silence], NOW)).toBe(silence);
    expect(silenceOf(alert, [{ ...silence, groupKey: 'Other' }], NOW)).toBeUndefined();
    expect(silenceOf(alert, [silence, longer], NOW)).toBe(longer);
    expect(silenceOf({ ...alert, rule: 'QUEUE_PAUSED' }, [silence], NOW)).toBeUndefined();
  });

  it('cover a rule only where they are of all of it: of one alert of it is not of the rule', () => {
    expect(silenceOfRule('JOB_FAILING', [silence], NOW)).toBe(silence);
    expect(silenceOfRule('JOB_FAILING', [{ ...silence, rule: null, alert: { id: 'a' } }], NOW)).toBeUndefined();
    expect(silenceOfRule('JOB_FAILING', [{ ...silence, groupKey: 'Job' }], NOW)).toBeUndefined();
    expect(silenceOfRule('JOB_FAILING', [silence], Date.parse('2026-01-01T13:00:00Z'))).toBeUndefined();
  });
});

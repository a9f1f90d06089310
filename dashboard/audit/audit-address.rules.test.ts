import { describe, expect, it } from 'vitest';
import { askedBy } from './audit-address.rules.ts';

const asked = (query: string) => {
  const params = new URLSearchParams(query);
  return askedBy((name) => params.get(name) ?? undefined, ['pauseQueue']);
};

describe('the address of the trail', () => {
  it('asks for everything where it says nothing', () => {
    expect(asked('')).toEqual({ filter: {}, problems: {} });
  });

  it('asks for what it names', () => {
    const { filter } = asked(
      'actor=anna&action=Pause queue&target=Queue&outcome=DENIED&from=2026-11-26T00:00:00Z&request=r1',
    );
    expect(filter).toEqual({
      actor: { startsWith: 'anna' },
      action: { equals: 'pauseQueue' },
      targetType: 'Queue',
      outcome: 'DENIED',
      at: { from: '2026-11-26T00:00:00.000Z' },
      requestId: 'r1',
    });
    expect(asked('action=pause').filter).toEqual({ action: { startsWith: 'pause' } });
  });

  it('says what is wrong, and leaves it out', () => {
    expect(asked('family=mine&from=x&outcome=MAYBE')).toMatchObject({
      filter: {},
      problems: { family: expect.any(String) },
    });
    expect(asked('from=2026-11-27T00:00:00Z&to=2026-11-26T00:00:00Z').problems.to).toBeDefined();
  });

  it('says of what has ids that a text is none, and takes the names of what has those', () => {
    expect(asked('target=QueuedCreation&targetId=zzz')).toMatchObject({
      filter: { targetType: 'QueuedCreation' },
      problems: { targetId: expect.stringContaining('An id looks like') },
    });
    expect(asked('target=JobSchedule&targetId=RetentionJob').problems).toEqual({});
    expect(asked('targetId=RetentionJob').filter).toEqual({ targetId: 'RetentionJob' });
  });

  it('takes ends for the instants that they are, whatever their offset', () => {
    const toProblem = (from: string, to: string) => asked(new URLSearchParams({ from, to }).toString()).problems.to;
    expect(toProblem('2026-11-26T09:00:00Z', '2026-11-26T08:30:00-02:00')).toBeUndefined();
    expect(toProblem('2026-11-26T09:00:00Z', '2026-11-26T10:30:00+02:00')).toBeDefined();
  });
});

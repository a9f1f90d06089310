import { describe, expect, it } from 'vitest';
import { aggregateHref, aggregateWords, askedBy } from './event.rules.ts';

describe('what an event happened to', () => {
  it('has a name in words, or else its own', () => {
    expect(aggregateWords('ManagedAccountCreation')).toBe('Entry');
    expect(aggregateWords('Comet')).toBe('Comet');
  });

  it('leads to its page: by its id, a job by the name in the payload', () => {
    expect(aggregateHref('ManagedAccountCreation', 'e', {})).toBe('/queue/e');
    expect(aggregateHref('Job', 'x', { jobName: 'RetentionJob' })).toBe('/schedules/RetentionJob');
    expect(aggregateHref('JobSchedule', 'x', null)).toBe('/schedules');
    expect(aggregateHref('Comet', 'x', {})).toBeUndefined();
  });
});

const ID = '2f5eea85-8658-4268-a9d8-1772fb76014b';
const asked = (given: Record<string, string>) => askedBy((name) => given[name], ['CircuitOpened']);

describe('the filters of the outbox', () => {
  it('ask for all without any', () => expect(asked({})).toEqual({ filter: {}, problems: {} }));

  it('ask for what each says', () => {
    expect(
      asked({ type: 'CircuitOpened', aggregateId: ID, state: 'PARKED', from: '2026-01-01T00:00:00.000Z' }).filter,
    ).toEqual({
      eventType: { equals: 'CircuitOpened' },
      aggregateId: ID,
      state: 'PARKED',
      createdAt: { from: '2026-01-01T00:00:00.000Z' },
    });
  });

  it('leave out what is none, and say so where it was typed', () => {
    const { filter, problems } = asked({ family: 'Miller', state: 'LOST', to: 'soon', type: 'nope' });
    expect(filter).toEqual({});
    expect(problems.type).toBe('Unknown event type.');
    expect(problems.family).toContain('An id looks like');
  });

  it('ask for any type while it is not known which there are', () => {
    expect(askedBy((name) => (name === 'type' ? 'nope' : undefined), [])).toEqual({
      filter: { eventType: { equals: 'nope' } },
      problems: {},
    });
  });
});

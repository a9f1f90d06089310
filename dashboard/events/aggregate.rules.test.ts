import { describe, expect, it } from 'vitest';
import { aggregateHref, aggregateWords } from './aggregate.rules.ts';

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

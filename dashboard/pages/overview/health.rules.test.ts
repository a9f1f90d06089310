import { describe, expect, it } from 'vitest';
import { pageOf, verdictOf } from './health.rules.ts';

const CALM = { pendingCount: 0, processingCount: 0, dueCount: 0, failedCount: 0 };

describe('verdictOf', () => {
  it.each([
    [CALM, 'All is well: the queue is empty.'],
    [{ ...CALM, pendingCount: 1 }, 'All is well: 1 entry waits for a later time.'],
    [{ ...CALM, pendingCount: 9, dueCount: 2, processingCount: 1 }, 'All is well: 3 entries are being attempted.'],
    [{ ...CALM, failedCount: 2 }, 'All is well: the queue is empty. 2 entries have failed and can be retried.'],
  ])('%j', (statistics, text) => expect(verdictOf(0, statistics)).toBe(text));

  it('counts what needs attention', () => {
    expect(verdictOf(1, CALM)).toBe('1 thing needs attention.');
    expect(verdictOf(4, CALM)).toBe('4 things need attention.');
  });

  it('does not say that all is well without an answer', () => {
    expect(verdictOf(undefined, CALM)).toMatch(/^The status is not known/);
  });
});

describe('pageOf', () => {
  it('links a condition to the page where it is fixed, and any other to the alerts', () => {
    const page = (code: string, key: string | null = null) => pageOf({ code, subject: { kind: 'QUEUE', key } });
    expect(page('SCHEDULE_PAUSED', 'RetentionJob')).toBe('/schedules/RetentionJob');
    expect(page('ENTRY_FAILED', 'group')).toBe('/failures');
    expect(page('DISK_FULL')).toBe('/alerts');
  });
});

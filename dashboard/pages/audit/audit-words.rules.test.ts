import { describe, expect, it } from 'vitest';
import { actionCode, actionWords, changeWords, targetOf } from './audit-words.rules.ts';

describe('the words of acts', () => {
  it('reads an action as a sentence, and what people type as its code', () => {
    expect(actionWords('setQueueLimits')).toBe('Set queue limits');
    expect(actionCode('Set queue limits')).toBe('setQueueLimits');
    expect(actionCode(' setQueueLimits ')).toBe('setQueueLimits');
    expect(actionWords('createApiToken')).toBe('Create API token');
    expect(actionCode('Create API token')).toBe('createApiToken');
    expect(actionCode('pause')).toBe('pause');
  });

  it('says in a sentence what was begun with how many, which is not how many it came to', () => {
    const of = (action: string) => changeWords(action, null, { action: 'retry', count: 101 });
    expect(of('applyBulkAction')).toBe('Started a retry planned for 101 entries');
    expect(of('undoBulkAction')).toBe('Started to undo a retry that had changed 101 entries');
    expect(changeWords('enqueueAccounts', null, { accepted: 139, refused: 2, entryIds: [] })).toBe(
      '139 accounts accepted, 2 refused',
    );
    expect(changeWords('pauseQueue', null, { until: null, isPaused: true })).toBe('Is paused: yes');
  });

  it('leads to the page of what was acted upon', () => {
    expect(targetOf('JobSchedule', 'RetentionJob')).toEqual({
      text: 'Schedule',
      id: 'RetentionJob',
      href: '/schedules/RetentionJob',
    });
    expect(targetOf('Queue', 'queue')).toEqual({ text: 'Queue', id: undefined, href: '/settings' });
    expect(targetOf('Session', 'x')?.href).toBeUndefined();
    expect(targetOf('SomethingNew', 'x')).toEqual({ text: 'Something new', id: 'x', href: undefined });
    expect(targetOf(null, null)).toBeUndefined();
  });
});

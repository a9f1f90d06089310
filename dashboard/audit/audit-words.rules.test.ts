import { describe, expect, it } from 'vitest';
import { actionCode, actionWords, changeWords, targetOf, verdictOf } from './audit-words.rules.ts';

describe('the words of audit entries', () => {
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

  it('leads to the page of what was changed', () => {
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

const INTACT = {
  isIntact: true,
  checkedCount: 14,
  uncheckedCount: 0,
  headLink: 14,
  problem: null,
  firstBrokenSequence: null,
};

describe('what verifying found', () => {
  it('says that the trail is intact, and what only an anchor proves', () => {
    const { tone, title, sentences } = verdictOf(INTACT, false);
    expect([tone, title]).toEqual(['good', 'The trail is intact: 14 audit entries are as they were written.']);
    expect(sentences.at(-1)).toContain('Only an anchor from elsewhere');
    expect(verdictOf(INTACT, true).sentences.at(-1)).toContain('The anchor fits');
  });

  it('names the first audit entry that does not fit, and what to do', () => {
    const { tone, title, sentences } = verdictOf(
      { ...INTACT, isIntact: false, firstBrokenSequence: 7, problem: 'It was changed.' },
      false,
    );
    expect([tone, title, sentences[0]]).toEqual(['bad', 'The trail is broken at number 7.', 'It was changed.']);
    expect(verdictOf({ ...INTACT, isIntact: false }, false).title).toContain('missing');
  });

  it('does not call nothing intact, and says what is too new', () => {
    const { tone, sentences } = verdictOf({ ...INTACT, checkedCount: 0, uncheckedCount: 1 }, false);
    expect([tone, sentences.at(-1)]).toEqual([
      'warn',
      '1 audit entry is too new to be chained; what it says is as it was written.',
    ]);
  });
});

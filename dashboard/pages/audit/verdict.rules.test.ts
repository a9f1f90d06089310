import { describe, expect, it } from 'vitest';
import { verdictOf } from './verdict.rules.ts';

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

import { describe, expect, it } from 'vitest';
import { verdictOf } from './verdict.rules.ts';

const WHOLE = {
  isIntact: true,
  checkedCount: 14,
  uncheckedCount: 0,
  anchorCount: 1,
  headLink: 14,
  problem: null,
  firstBrokenSequence: null,
};

describe('what verifying found', () => {
  it('says that the trail is whole, and what only an anchor proves', () => {
    const { tone, title, sentences } = verdictOf(WHOLE, false);
    expect([tone, title]).toEqual(['good', 'The trail is whole: 14 acts are as they were written.']);
    expect(sentences.at(-2)).toContain('the one anchor that the server itself keeps');
    expect(sentences.at(-1)).toContain('anchor from elsewhere');
    const withAnchor = verdictOf({ ...WHOLE, anchorCount: 3 }, true).sentences;
    expect(withAnchor.at(-2)).toContain('the 2 anchors that the server itself keeps');
    expect(withAnchor.at(-1)).toContain('The anchor fits');
    expect(verdictOf(WHOLE, true).sentences.join(' ')).not.toContain('itself keeps');
  });

  it('names the first act that does not fit, and what to do', () => {
    const { tone, title, sentences } = verdictOf(
      { ...WHOLE, isIntact: false, firstBrokenSequence: 7, problem: 'It was changed.' },
      false,
    );
    expect([tone, title, sentences[0]]).toEqual(['bad', 'The trail is broken at number 7.', 'It was changed.']);
    expect(verdictOf({ ...WHOLE, isIntact: false }, false).title).toContain('missing');
  });

  it('does not call nothing whole, and tells of what is too new', () => {
    const { tone, sentences } = verdictOf({ ...WHOLE, checkedCount: 0, uncheckedCount: 1 }, false);
    expect([tone, sentences.at(-1)]).toEqual([
      'warn',
      '1 act is too new to be chained; what it says is as it was written.',
    ]);
  });
});

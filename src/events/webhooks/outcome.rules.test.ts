import { describe, expect, it } from 'vitest';
import { judge, KEPT_ANSWER_CHARACTERS, type SendResult } from './outcome.rules.ts';

const NOW = new Date('2026-11-25T00:00:00Z');
const answered = (status: number, more: Partial<Extract<SendResult, { kind: 'answer' }>> = {}) =>
  judge({ kind: 'answer', status, retryAfter: undefined, answer: 'ok', ...more }, NOW);

describe('judge', () => {
  it.each([
    [200, 'delivered'],
    [204, 'delivered'],
    [299, 'delivered'],
    [301, 'redirected'],
    [307, 'redirected'],
    [400, 'rejected'],
    [404, 'rejected'],
    [410, 'gone'],
    [429, 'rejected'],
    [500, 'rejected'],
    [599, 'rejected'],
  ])('%i is %s', (status, outcome) => expect(answered(status)).toMatchObject({ outcome, httpStatus: status }));

  it('reads what the receiver asks for, unless it took the event', () => {
    expect(answered(503, { retryAfter: '30' }).retryAfterMs).toBe(30_000);
    expect(answered(200, { retryAfter: '30' }).retryAfterMs).toBeNull();
    expect(answered(500).retryAfterMs).toBeNull();
  });

  it('keeps the beginning of the answer in a form that can be stored', () => {
    expect(answered(200, { answer: 'x'.repeat(5_000) }).answer).toHaveLength(KEPT_ANSWER_CHARACTERS);
    const odd = answered(200, { answer: `a\0b${'x'.repeat(KEPT_ANSWER_CHARACTERS - 4)}👩 and more` }).answer ?? '';
    expect(odd.startsWith('a\u{fffd}b')).toBe(true);
    expect(odd).not.toMatch(/\p{Cs}/u);
  });

  it('takes over what the sending itself says', () => {
    expect(judge({ kind: 'failure', outcome: 'timed_out', message: 'No answer in 10 s.' }, NOW)).toEqual({
      outcome: 'timed_out',
      message: 'No answer in 10 s.',
      httpStatus: null,
      answer: null,
      retryAfterMs: null,
    });
  });
});

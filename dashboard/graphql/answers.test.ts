import { describe, expect, it } from 'vitest';
import { createAnswers, typesIn } from './answers.ts';

const NONE: ReadonlySet<string> = new Set();

describe('answers that are kept', () => {
  it('are the last few, however many were asked for', () => {
    const answers = createAnswers<string>(3);
    for (let key = 0; key < 2_000; key += 1) {
      answers.look(key);
      answers.put(key, `answer ${key}`, NONE);
      answers.leave(key);
    }
    expect(answers.size()).toBe(3);
    expect([answers.get(1_996), answers.get(1_997), answers.get(1_999)]).toEqual([
      undefined,
      'answer 1997',
      'answer 1999',
    ]);
  });

  it('stay for as long as they are looked at, and for a while from when they were left', () => {
    const answers = createAnswers<string>(1);
    answers.look(1);
    answers.put(1, 'looked at', NONE);
    for (const key of [2, 3, 4]) answers.put(key, 'left', NONE);
    expect([answers.get(1), answers.get(3), answers.get(4)]).toEqual(['looked at', undefined, 'left']);
    answers.leave(1);
    expect([answers.get(1), answers.get(4)]).toEqual(['looked at', undefined]);
  });

  it('are forgotten with what they hold', () => {
    const answers = createAnswers<string>(9);
    answers.put(1, 'tokens', new Set(['ApiToken', 'Query']));
    answers.put(2, 'nodes', new Set(['ServerNode']));
    expect(answers.forget(new Set(['ApiToken', 'CreateApiTokenPayload']))).toEqual(['tokens']);
    expect([answers.get(1), answers.get(2)]).toEqual([undefined, 'nodes']);
  });

  it('hold what is anywhere in them', () => {
    const data = { token: { __typename: 'ApiToken', uses: [{ __typename: 'Use' }, null] }, count: 3 };
    expect(typesIn(data)).toEqual(new Set(['ApiToken', 'Use']));
    expect(typesIn(null)).toEqual(NONE);
  });
});

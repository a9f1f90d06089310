import { describe, expect, it } from 'vitest';
import { failureOf, inWords, mayBeDone } from './failures.rules.ts';

const told = (error: string, status?: number, isJson = true) => {
  const failure = failureOf(error, status === undefined ? undefined : { status, isJson });
  return [inWords(failure, status), mayBeDone(failure, status)];
};

describe('a request without an answer', () => {
  it('was not sent or not heard of again', () => {
    expect(told('TypeError')).toEqual(['The server cannot be reached.', true]);
    expect(told('TimeoutError')).toEqual(['The server did not answer for more than a minute.', true]);
    expect(told('TimeoutError', 200)).toEqual(['The server did not answer for more than a minute.', true]);
  });

  it('was refused, and so not done, or lost behind a proxy', () => {
    for (const status of [400, 403, 404, 413, 429])
      expect(told('Error', status, false)).toEqual([`The server answered with status ${status}.`, false]);
    for (const status of [302, 408, 500, 502, 504])
      expect(told('Error', status, false)).toEqual([`The server answered with status ${status}.`, true]);
    expect(told('Error', 401)).toEqual(['The server says you are not signed in.', false]);
  });

  it('with a status of success is one that broke off, or of something else', () => {
    expect(told('SyntaxError', 200)).toEqual(['The server’s answer was cut off.', true]);
    expect(told('Error', 200, false)).toEqual([expect.stringContaining('answered in place of the server'), true]);
  });
});

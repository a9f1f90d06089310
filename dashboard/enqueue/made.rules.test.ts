import { expect, it } from 'vitest';
import { passwordAdvice, standing, whyItStandsSo, without } from './made.rules.ts';

it('says why an entry failed', () => {
  expect(
    whyItStandsSo({
      summary: 'Failed with a permanent error.',
      blockers: [{ message: 'The provider said: the username is not allowed' }],
    }),
  ).toBe('Failed with a permanent error. The provider said: the username is not allowed');
  expect(whyItStandsSo({ summary: 'The account exists.', blockers: [] })).toBe('The account exists.');
});

it('does not have a password given to anybody while there is no account', () => {
  expect(standing('emma_e', 'FAILED')).toBe('emma_e was not created');
  expect(passwordAdvice('FAILED').text).toMatch(/does not exist/);
  expect(passwordAdvice('CANCELLED').text).toMatch(/does not exist/);
  for (const status of ['PENDING', 'PROCESSING', 'COMPLETED'] as const)
    expect(passwordAdvice(status).text).toMatch(/give it to the person who signs in/);
});

it('puts away one, and leaves the others', () => {
  const made = ['one', 'two'].map((entryId) => ({ entryId, username: '', fullName: '', password: 'x', isLost: false }));
  expect(without(made, 'one').map(({ entryId }) => entryId)).toEqual(['two']);
});

import { expect, it } from 'vitest';
import { messageInWords } from './failure-message.rules.ts';

it('quotes nobody with a word that stands for another', () => {
  expect(messageInWords('Refused. The provider said: “Username <name> is not allowed (SIMUL-<n>)”.')).toBe(
    'Refused. The provider said: “Username … is not allowed (SIMUL-…)”.',
  );
  expect(messageInWords('a <b> c')).toBe('a <b> c');
});

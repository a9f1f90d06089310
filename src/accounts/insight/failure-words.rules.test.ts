import { expect, it } from 'vitest';
import { PROVIDER_ERRORS } from '../../identity/zitadel.errors.ts';
import { failureInWords, QUEUE_FAILURE_CODES } from './failure-group-cures.rules.ts';

it('says what every failure is, to go on a sentence', () => {
  expect(failureInWords('ACCOUNT_DATA_REFUSED')).toBe('the identity provider refuses the account’s data');
  for (const code of [...Object.keys(PROVIDER_ERRORS), ...QUEUE_FAILURE_CODES])
    expect(failureInWords(code), code).toMatch(/^[a-z].{10,}[^.]$/);
});

it('has no words for other codes', () => {
  expect(failureInWords('SOMETHING_ELSE')).toBeNull();
});

import { readdirSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { failureOf, groupAction, groupCure, messageOf } from './failure-messages.ts';
import { definitionOf, FAILURE_CODES } from './failures.ts';

/** Returns the sources that create failures, in one text. */
function sources(): string {
  const src = new URL('../', import.meta.url);
  return readdirSync(src, { recursive: true, encoding: 'utf8' })
    .filter((file) => /^(accounts|identity|sealing|start)\/.*(?<!\.test)\.ts$/.test(file))
    .map((file) => readFileSync(new URL(file, src), 'utf8'))
    .join('\n');
}

it('has no code that nothing fails with', () => {
  const text = sources();
  expect(FAILURE_CODES.filter((code) => !text.includes(`'${code}'`))).toEqual([]);
  expect(FAILURE_CODES.length).toBeGreaterThan(30);
});

it.each(FAILURE_CODES)('%s says in sentences what happened, and has a cure or an explicit null', (code) => {
  const definition = definitionOf(code);
  expect(definition?.what).toMatch(/^[A-Z].{10,}\.$/);
  if (definition?.cure !== null) expect(definition?.cure).toMatch(/^[A-Z].{10,}\.$/);
});

it('knows nothing of other codes', () => {
  expect(definitionOf('SOMETHING_ELSE')).toBeNull();
  expect(groupCure('SOMETHING_ELSE')).toBeNull();
  expect(groupCure('PROVIDER_UNAVAILABLE')).toContain('retry');
});

it('plans for a group what its advice says last', () => {
  for (const code of FAILURE_CODES) {
    const advice = groupCure(code);
    const advised = advice?.match(/Then (retry|cancel) the (?:failed )?entries of this group\.$/)?.[1]?.toUpperCase();
    if (advice !== null) expect(groupAction(code), code).toBe(advised ?? null);
  }
  expect(groupAction('PASSWORD_NOT_SEALED')).toBeNull();
  expect(groupAction('ACCOUNT_DATA_REFUSED')).toBe('CANCEL');
  expect(groupAction('PROVIDER_UNAVAILABLE')).toBe('RETRY');
  expect(groupAction('SOMETHING_ELSE')).toBe('RETRY');
});

it('says what happened, then the case, then what to do, and last what the provider said', () => {
  const { message, class: failureClass } = failureOf('PROVIDER_UNAVAILABLE', {
    detail: '(HTTP 503)',
    providerText: 'later',
    providerRequestId: 'r',
  });
  expect(failureClass).toBe('transient');
  expect(message).toBe(
    'The identity provider, or a proxy in front of it, reports that it is unavailable. (HTTP 503) It is retried automatically. If it persists: Check that the identity provider is running and ready. The provider said: “later”.',
  );
  expect(messageOf('ACCOUNT_DATA_REFUSED')).toMatch(/ Then cancel the entry\.$/);
});

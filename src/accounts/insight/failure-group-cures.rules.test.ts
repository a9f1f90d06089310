import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { PROVIDER_ERRORS } from '../../identity/zitadel.errors.ts';
import { bulkCure, CURES, QUEUE_FAILURE_CODES, suggestedCure } from './failure-group-cures.rules.ts';

/** The codes that these sources write with a failure, as their text has them. */
function codesIn(file: string): string[] {
  const text = readFileSync(new URL(file, import.meta.url), 'utf8');
  const written = /(?:(?:refused|failed|failureGroupOf)\(\s*|code: )'([A-Z]+_[A-Z_]+)'/g;
  return [...text.matchAll(written)].map((match) => match[1] ?? '');
}

it('has a cure, or an explicit null, for every code that an entry can fail with', () => {
  const files = ['account-to-make.ts', 'attempt.ts', 'complete.ts', 'fail.ts', 'takeover.ts', '../sealing/abandon.ts'];
  const queueCodes = files.flatMap((file) => codesIn(`../${file}`));
  expect([...new Set(queueCodes)].sort()).toEqual([...QUEUE_FAILURE_CODES].sort());
  expect(Object.keys(CURES).sort()).toEqual([...Object.keys(PROVIDER_ERRORS), ...QUEUE_FAILURE_CODES].sort());
  for (const cure of Object.values(CURES)) {
    if (cure !== null) expect(cure).toMatch(/^[A-Z].{20,}\.$/);
  }
});

it('knows nothing of other codes', () => {
  expect(suggestedCure('SOMETHING_ELSE')).toBeNull();
  expect(suggestedCure('PROVIDER_UNAVAILABLE')).toContain('retry');
});

it('plans what its advice says first', () => {
  for (const [code, advice] of Object.entries(CURES)) {
    const isToCancel = /^Cancel these|^[^.]*, then cancel the entries/.test(advice ?? '');
    expect(bulkCure(code) === 'CANCEL', code).toBe(isToCancel);
  }
  expect(bulkCure('KEY_LOST')).toBeNull();
  expect(bulkCure('PROVIDER_UNAVAILABLE')).toBe('RETRY');
});

import { expect, it } from 'vitest';
import { gather, summarise } from './batches.rules.ts';

const entries = (size: number) =>
  Array.from({ length: size }, (_, key) => ({ subject: 'QUEUED_CREATION', kind: 'UPDATED', key: `${key}` }) as const);

it('says what happened while nobody listened, each object once and large numbers in groups', () => {
  const alert = { subject: 'ALERT', kind: 'CREATED', key: 'a' } as const;
  expect(summarise(gather([]))).toBe('');
  expect(summarise(gather([alert, alert]))).toBe('1 alert');
  expect(summarise(gather([...entries(3_668), alert]))).toMatch(/^3\D668 entries and 1 alert$/);
});

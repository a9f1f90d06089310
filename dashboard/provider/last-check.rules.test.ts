import { expect, it } from 'vitest';
import { isBeforeOpening } from './last-check.rules.ts';

it('knows a check that the opening of the circuit has overtaken', () => {
  const check = { checkedAt: '2026-01-01T00:00:00Z' };
  const open = { state: 'OPEN', openedAt: '2026-01-01T00:00:30Z' } as const;
  expect(isBeforeOpening(check, open)).toBe(true);
  expect(isBeforeOpening({ checkedAt: '2026-01-01T00:01:00Z' }, open)).toBe(false);
  expect(isBeforeOpening(check, { ...open, state: 'CLOSED' })).toBe(false);
  expect(isBeforeOpening(null, open)).toBe(false);
});

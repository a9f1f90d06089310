import { expect, it } from 'vitest';
import { summaryOf } from './nodes.rules.ts';

const node = { state: 'RUNNING', version: '1.0.0' } as const;

it('puts those that work first and those that are gone apart', () => {
  const draining = { ...node, state: 'DRAINING', version: '1.1.0' } as const;
  const gone = { ...node, state: 'GONE', version: '0.9.0' } as const;
  const found = summaryOf([gone, draining, node]);
  expect(found.living).toEqual([node, draining]);
  expect(found).toMatchObject({ gone: [gone], running: 1, versions: ['1.0.0', '1.1.0'] });
  expect(summaryOf([])).toMatchObject({ living: [], running: 0, versions: [] });
});

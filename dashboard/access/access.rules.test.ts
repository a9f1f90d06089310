import { describe, expect, it } from 'vitest';
import { nameInWords, type Operation, operationsFound } from './access.rules.ts';

const OPERATIONS: readonly Operation[] = [
  { name: 'retryEntry', kind: 'MUTATION', isAllowed: true, reason: null },
  { name: 'cancelEntry', kind: 'MUTATION', isAllowed: false, reason: 'This needs OPERATOR.' },
  { name: 'apiTokens', kind: 'QUERY', isAllowed: false, reason: 'This needs ADMIN.' },
];
const names = (search: string, which: 'all' | 'allowed' | 'refused' = 'all') =>
  operationsFound(OPERATIONS, search, which).map(({ name }) => name);

describe('the search through what one may do', () => {
  it('finds by the name as it is written and as it is read, and by the reason', () => {
    expect(names('')).toHaveLength(3);
    expect(names('retryentry')).toEqual(['retryEntry']);
    expect(names('api tokens')).toEqual(['apiTokens']);
    expect(names('operator entry')).toEqual(['cancelEntry']);
  });

  it('tells apart what is allowed and what is not', () => {
    expect(names('entry', 'allowed')).toEqual(['retryEntry']);
    expect(names('', 'refused')).toEqual(['cancelEntry', 'apiTokens']);
  });

  it('reads names as words', () => {
    expect(nameInWords('verifyAuditTrail')).toBe('verify audit trail');
  });
});

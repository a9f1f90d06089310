import { describe, expect, it } from 'vitest';
import { whyNoUndo } from './undo.rules.ts';

const finished = { action: 'CANCEL', status: 'FINISHED', doneCount: 3, canUndo: false } as const;

describe('why a bulk action cannot be undone', () => {
  it('says of a retry that it never can, however it stands', () => {
    for (const status of ['PLANNED', 'RUNNING', 'FINISHED'] as const)
      expect(whyNoUndo({ ...finished, action: 'RETRY', status })).toMatch(/^A retry cannot be undone/);
  });

  it('says of others what stands against it', () => {
    expect(whyNoUndo({ ...finished, canUndo: true })).toBeUndefined();
    expect(whyNoUndo({ ...finished, status: 'RUNNING' })).toBe('It is still being applied.');
    expect(whyNoUndo({ ...finished, status: 'UNDONE' })).toBe('It was undone.');
    expect(whyNoUndo({ ...finished, doneCount: 0 })).toBe('It changed no entry.');
    expect(whyNoUndo(finished)).toMatch(/undo period is over/);
  });
});

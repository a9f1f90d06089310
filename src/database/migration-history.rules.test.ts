import { describe, expect, it } from 'vitest';
import { pendingMigrations, type RecordedMigration } from './migration-history.rules.ts';

const KNOWN = [
  { name: '20260101000000_one', checksum: 'a' },
  { name: '20260201000000_two', checksum: 'b' },
  { name: '20260301000000_three', checksum: 'c' },
];

function recorded(index: number, change: Partial<RecordedMigration> = {}): RecordedMigration {
  return { name: '', checksum: '', ...KNOWN[index], isFinished: true, isRolledBack: false, ...change };
}

describe('pendingMigrations', () => {
  it('are all of them, in order, on an empty database', () => {
    expect(pendingMigrations(KNOWN, [])).toEqual(KNOWN.map(({ name }) => name));
  });

  it('are those that were not applied, whatever the order of the rows', () => {
    expect(pendingMigrations(KNOWN, [recorded(1), recorded(0)])).toEqual(['20260301000000_three']);
    expect(pendingMigrations(KNOWN, [recorded(2), recorded(1), recorded(0)])).toEqual([]);
  });

  it('include one that was rolled back, and ignore a rolled-back row beside an applied one', () => {
    const rolledBack = recorded(2, { isFinished: false, isRolledBack: true });
    expect(pendingMigrations(KNOWN, [recorded(0), recorded(1), rolledBack])).toEqual(['20260301000000_three']);
    expect(pendingMigrations(KNOWN, [recorded(0), recorded(1), rolledBack, recorded(2)])).toEqual([]);
  });

  it('are refused on a database of a newer version, naming both', () => {
    const newer = recorded(0, { name: '20270101000000_future' });
    expect(() => pendingMigrations(KNOWN, [recorded(0), newer])).toThrow(
      'it is at migration 20270101000000_future, and this server knows them up to 20260301000000_three; start the newer server',
    );
  });

  it('are refused on a database with an older migration that is not ours', () => {
    const foreign = recorded(0, { name: '20260115000000_branch' });
    expect(() => pendingMigrations(KNOWN, [recorded(0), foreign])).toThrow(
      'The database has migration 20260115000000_branch, which this server (up to 20260301000000_three) does not know',
    );
  });

  it('are refused after a half-done one, saying what to do', () => {
    expect(() => pendingMigrations(KNOWN, [recorded(0), recorded(1, { isFinished: false })])).toThrow(
      /Migration 20260201000000_two was begun .* "npx prisma migrate resolve --rolled-back 20260201000000_two"/,
    );
  });

  it('are refused when an applied one was changed', () => {
    expect(() => pendingMigrations(KNOWN, [recorded(0, { checksum: 'other' })])).toThrow(
      'Migration 20260101000000_one was changed after it had been applied',
    );
  });
});

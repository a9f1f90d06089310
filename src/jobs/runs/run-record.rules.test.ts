import { describe, expect, test } from 'vitest';
import { createRedaction } from '../../telemetry/log-redaction.rules.ts';
import { beginningLine, endingLine, keptLine, leftOutLine, type RunLine } from './run-record.rules.ts';

const kept = (line: Partial<RunLine>, secrets: string[] = []) =>
  keptLine({ level: 'info', message: 'Said.', ...line }, createRedaction(secrets));

describe('keptLine', () => {
  test('keeps words, figures and names as they are', () => {
    const line = {
      level: 'warn',
      message: 'Deleted 2.',
      fields: { count: 2, nodes: ['one'], by: { kind: 1 } },
    } as const;
    expect(kept(line)).toEqual(line);
    expect(kept({ message: 'Nothing else.' })).toEqual({ level: 'info', message: 'Nothing else.', fields: undefined });
  });

  test('hides secrets in words, by names and wherever those of the configuration stand', () => {
    const line = kept(
      {
        message: 'Went to postgresql://me:hunter22@db/x with open-sesame',
        fields: { apiToken: 'abc', note: 'open-sesame' },
      },
      ['open-sesame'],
    );
    expect(line.message).toBe('Went to postgresql://me:[redacted]@db/x with [redacted]');
    expect(line.fields).toEqual({ apiToken: '[redacted]', note: '[redacted]' });
  });

  test('cuts what is long', () => {
    const line = kept({ message: 'x'.repeat(5_000), fields: { note: 'y'.repeat(5_000) } });
    expect(line.message).toBe(`${'x'.repeat(999)}…`);
    expect(line.fields).toEqual({ isPruned: true });
  });
});

describe('the runner’s own lines', () => {
  const scheduledFor = new Date('2026-11-26T03:00:00Z');

  test('say who or what began it', () => {
    expect(beginningLine({ trigger: 'schedule', scheduledFor, actor: null }).message).toBe(
      'Started by its schedule: due at 2026-11-26T03:00:00.000Z.',
    );
    expect(beginningLine({ trigger: 'catch_up', scheduledFor, actor: null }).message).toBe(
      'Started to catch up on the fire of 2026-11-26T03:00:00.000Z.',
    );
    expect(beginningLine({ trigger: 'manual', scheduledFor: null, actor: 'ann' }).message).toBe(
      'Started by hand by ann.',
    );
  });

  test('say how it ended', () => {
    const ended = (status: 'succeeded' | 'failed' | 'interrupted', errorMessage: string | null) =>
      endingLine({ status, counts: { deleted: 2, kept: 0 }, errorMessage });
    const fields = { counts: { deleted: 2 } };
    expect(ended('succeeded', null)).toEqual({ level: 'info', message: 'Succeeded.', fields });
    expect(ended('failed', 'It broke.')).toEqual({
      level: 'error',
      message: 'Failed: It broke.',
      fields,
    });
    expect(ended('interrupted', 'Interrupted by ann.')).toMatchObject({
      level: 'warn',
      message: 'Ended early. Interrupted by ann.',
    });
  });

  test('say how many were left out', () => {
    expect(leftOutLine(1).message).toBe('1 more line was not kept; the server’s log has them.');
    expect(leftOutLine(1_234).message).toBe('1,234 more lines were not kept; the server’s log has them.');
  });
});

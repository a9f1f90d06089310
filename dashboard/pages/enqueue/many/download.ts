/** Downloads the results as a CSV file. */
import { asCsv } from './csv-out.rules.ts';
import type { SentRow } from './sending.ts';

const HEADINGS = ['line', 'username', 'full name', 'family', 'result', 'entry id', 'password', 'problem'] as const;

export function downloadResults(rows: readonly SentRow[]): void {
  const text = asCsv(HEADINGS, rows.map(cellsOf));
  const link = document.createElement('a');
  link.href = URL.createObjectURL(new Blob([text], { type: 'text/csv;charset=utf-8' }));
  link.download = `accounts-${new Date().toISOString().slice(0, 16).replace(/[T:]/g, '-')}.csv`;
  link.click();
  // The download has started by then.
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

/** Includes only generated passwords of queued rows: given ones are known, and those of refused rows are useless. */
const cellsOf = ({ line, draft, familyName, madePassword, outcome }: SentRow): string[] => [
  String(line),
  draft.username,
  draft.fullName,
  familyName,
  outcome?.kind ?? 'not sent',
  outcome?.kind === 'queued' ? outcome.entryId : '',
  outcome?.kind === 'queued' ? (madePassword ?? '') : '',
  outcome?.kind === 'refused' || outcome?.kind === 'left out' ? outcome.message : '',
];

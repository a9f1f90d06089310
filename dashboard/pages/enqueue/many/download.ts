/** The results as a file in the browser's downloads. */
import { asCsv } from './csv-out.rules.ts';
import type { SentRow } from './sending.ts';

const HEADINGS = ['line', 'username', 'full name', 'family', 'result', 'entry id', 'password', 'problem'] as const;

export function downloadResults(rows: readonly SentRow[]): void {
  const text = asCsv(HEADINGS, rows.map(cellsOf));
  const link = document.createElement('a');
  link.href = URL.createObjectURL(new Blob([text], { type: 'text/csv;charset=utf-8' }));
  link.download = `accounts-${new Date().toISOString().slice(0, 16).replace(/[T:]/g, '-')}.csv`;
  link.click();
  // The download has begun by then.
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

/** A password that was given is known to whoever gave it, and one of a row that was refused is of no use. */
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

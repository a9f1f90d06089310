/**
 * Sends checked rows in several requests, each with an idempotency key that is kept until its outcome is known:
 * a request whose response was lost is sent again unchanged, and nothing is queued twice. Sending continues
 * while the viewer is on other pages.
 */

import type { Refusal } from '../../actions/action.ts';
import { newKey, perform } from '../../actions/perform.ts';
import { enqueueAccounts, type Item } from '../enqueue-actions.ts';
import { guardLeaving, keep } from '../use-members.ts';
import { type CheckedRow, inChunks } from './check.rules.ts';
import { makePassword, secureBelow } from './csv.rules.ts';

type Outcome =
  | { readonly kind: 'queued'; readonly entryId: string }
  | { readonly kind: 'refused'; readonly message: string }
  /** The row had problems and was not sent. */
  | { readonly kind: 'left out'; readonly message: string };

export interface SentRow extends CheckedRow {
  /** The password generated here; undefined if the row has its own. */
  readonly madePassword: string | undefined;
  /** Undefined until sent; rows with problems have an outcome from the start. */
  readonly outcome: Outcome | undefined;
}

interface Chunk {
  readonly key: string;
  readonly lines: readonly number[];
}

export interface Sending {
  /** In the order of the file; empty before the first send. */
  readonly rows: readonly SentRow[];
  readonly waiting: readonly Chunk[];
  readonly status: 'idle' | 'sending' | 'stopping' | 'stopped' | 'done';
  /** Why sending stopped. */
  readonly problem: string | undefined;
  /** The generated passwords were downloaded. */
  readonly isSaved: boolean;
}

/** Smaller than the API's maximum, so that progress is visible and sending can be stopped. */
const CHUNK_SIZE = 200;
const IDLE: Sending = { rows: [], waiting: [], status: 'idle', problem: undefined, isSaved: false };

export const sending = keep<Sending>(IDLE);
export const hasUnsavedPasswords = ({ rows, isSaved }: Sending): boolean =>
  !isSaved && rows.some(({ madePassword, outcome }) => madePassword !== undefined && outcome?.kind === 'queued');
guardLeaving(() => hasUnsavedPasswords(sending.get()) || sending.get().status === 'sending');

/** Sends the rows without problems; the others are listed as left out. */
export function send(rows: readonly CheckedRow[]): void {
  const taken = rows.map((row): SentRow => {
    const message = Object.values(row.problems).join(' ');
    if (message !== '') return { ...row, madePassword: undefined, outcome: { kind: 'left out', message } };
    const madePassword = row.draft.password === '' ? makePassword(secureBelow) : undefined;
    return { ...row, madePassword, outcome: undefined };
  });
  sending.set({ ...IDLE, rows: taken, waiting: chunksOf(taken.filter(({ outcome }) => outcome === undefined)) });
  void goOn();
}

/** Stops after the request in progress. */
export const stop = (): void => sending.set({ status: 'stopping' });

/** Sends only the refused rows again. */
export function sendRefusedAgain(): void {
  const { rows, waiting } = sending.get();
  const refused = rows.filter(({ outcome }) => outcome?.kind === 'refused');
  sending.set({
    rows: rows.map((row) => (row.outcome?.kind === 'refused' ? { ...row, outcome: undefined } : row)),
    waiting: [...waiting, ...chunksOf(refused)],
  });
  void goOn();
}

export const startOver = (): void => sending.set(IDLE);

export async function goOn(): Promise<void> {
  sending.set({ status: 'sending', problem: undefined });
  for (;;) {
    const { waiting, status } = sending.get();
    const [chunk] = waiting;
    if (chunk === undefined) return sending.set({ status: 'done' });
    if (status !== 'sending') return sending.set({ status: 'stopped' });
    const problem = await sendChunk(chunk);
    if (problem !== undefined) return sending.set({ status: 'stopped', problem });
  }
}

/** Sends one request. Returns the problem if the outcome is unknown, undefined otherwise. */
async function sendChunk({ key, lines }: Chunk): Promise<string | undefined> {
  const wanted = new Set(lines);
  const rows = sending.get().rows.filter(({ line }) => wanted.has(line));
  const result = await perform(enqueueAccounts, { items: rows.map(itemOf) }, key);
  if (result.kind === 'broken') return result.message;
  const outcomes = new Map<number, Outcome>();
  if (result.kind === 'refused')
    for (const { line } of rows) outcomes.set(line, { kind: 'refused', message: wordsOf(result.refusal) });
  else
    for (const { index, result: one } of result.payload.results) {
      const line = rows[index]?.line;
      if (line === undefined) continue;
      outcomes.set(
        line,
        'entry' in one ? { kind: 'queued', entryId: one.entry.entryId } : { kind: 'refused', message: wordsOf(one) },
      );
    }
  const before = sending.get();
  sending.set({
    rows: before.rows.map((row) => ({ ...row, outcome: outcomes.get(row.line) ?? row.outcome })),
    waiting: before.waiting.slice(1),
    isSaved: false,
  });
  return undefined;
}

const chunksOf = (rows: readonly SentRow[]): Chunk[] =>
  inChunks(rows, CHUNK_SIZE).map((part) => ({ key: newKey(), lines: part.map(({ line }) => line) }));

const itemOf = ({ line, draft, madePassword }: SentRow): Item => ({
  ...draft,
  clientRef: String(line),
  password: madePassword ?? draft.password,
});

/** The messages of the issues are more specific than the refusal's own. */
const wordsOf = ({ message, issues }: Partial<Refusal>): string =>
  issues !== undefined && issues.length > 0
    ? issues.map((issue) => issue.message).join(' ')
    : (message ?? 'It was refused.');

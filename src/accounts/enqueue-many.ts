/**
 * Bulk enqueue: up to 1,000 accounts are validated and encrypted in slices, so that the server stays
 * responsive; then one statement checks and inserts them. With an idempotency key, the result of each item is
 * stored with the key, in the same transaction, without passwords.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { idempotencyKeyIssues } from '../access/idempotency.rules.ts';
import type { Queryable } from '../database/database.ts';
import type { QueuedCreation } from '../database/generated/prisma/client.ts';
import { type InputIssue, InvalidInputError, type Refusal } from '../refusals.ts';
import { type KeyRing, sealingAgain } from '../sealing/key-ring.ts';
import { beginTraceOf } from '../telemetry/tracing.ts';
import type { Caller } from '../work/caller.ts';
import type { Context } from '../work/context.ts';
import { unit } from '../work/unit.ts';
import { generatePassword, normaliseFullName, normaliseUsername } from './account.rules.ts';
import { ENTRY_TRACE, type Enqueued, type NewEntry, prepare, problemsOf, refusalOf } from './enqueue.ts';
import { freshEntry } from './enqueue-fresh.rules.ts';
import { digestItems } from './enqueue-many.rules.ts';
import { findRecord, type ItemRecord, recordedOnce } from './enqueue-record.ts';
import { NotAttemptedError } from './entry.errors.ts';
import { insertEntries, isLostRace, type JudgedEntry, type PreparedEntry, type WriteMode } from './insert-entries.ts';

export const MOST_ITEMS = 1_000;
const LONGEST_CLIENT_REF = 100;
/** Passwords encrypted without yielding to other requests: about 2 ms of work. */
const SLICE = 100;
/**
 * If two concurrent requests contain the same names, the later one sees the earlier one's entries when it
 * retries.
 */
const MOST_TRIES = 10;

export interface NewItem extends Omit<NewEntry, 'idempotencyKey'> {
  /** The caller's reference for the item, returned with its result. */
  readonly clientRef?: string | null;
}

export interface NewEntries {
  readonly items: readonly NewItem[];
  readonly atomic: boolean;
  readonly idempotencyKey?: string | null;
}

export interface EnqueuedMany {
  /** One per item, in order. */
  readonly results: readonly (Enqueued | Refusal)[];
  readonly acceptedCount: number;
  readonly isReplay: boolean;
}

/** An item with its normalised names and its validation errors. */
interface CheckedItem extends NewItem {
  readonly issues: readonly InputIssue[];
}

/** An item that passed validation. */
interface Candidate {
  readonly index: number;
  readonly prepared: PreparedEntry;
  readonly generated: string | null;
}

/** Data of an accepted item that only the call that enqueued it has. */
interface Made {
  readonly generated: string | null;
  readonly entry: QueuedCreation;
}

/**
 * Enqueues every item that can be enqueued, or all or none if `atomic`; returns one result per item. Throws
 * InvalidInputError or IdempotencyConflictError for the request as a whole.
 */
export const enqueueAccounts = (ctx: Context, request: NewEntries): Promise<EnqueuedMany> =>
  sealingAgain(ctx.keyRing, () => enqueueMany(ctx, request));

async function enqueueMany(ctx: Context, { items, atomic, idempotencyKey: key }: NewEntries): Promise<EnqueuedMany> {
  const { db, keyRing, caller } = ctx;
  requireUsable(items, key);
  const checked = items.map((item, index) => check(item, index, caller));
  const digests = key ? digestItems(keyRing.digest, checked.map(digested), atomic) : undefined;
  // Avoids encrypting a thousand passwords for a repeat; a concurrent repeat is detected below.
  const known = key && digests ? await findRecord(db, { caller: caller.id, key, digests }) : undefined;
  if (known) return answer(checked, known);

  const candidates = await prepareAll(keyRing, caller, checked);
  const mode = !atomic ? 'each' : candidates.length === checked.length ? 'all' : 'none';
  let judged: readonly JudgedEntry[] = [];
  const write = async (tx: Queryable): Promise<ItemRecord[]> => {
    const prepared = candidates.map((candidate) => candidate.prepared);
    judged = await insertEntries(tx, prepared, mode);
    return recordsOf(checked.length, candidates, judged, mode);
  };
  const { records, isReplay } = await again(() =>
    unit(ctx, async (tx) => {
      const done = await recordedOnce(tx, { caller: caller.id, key, digests }, () => write(tx));
      if (done.isReplay) return done;
      const refused = items.length - idsOf(done.records).length;
      // One audit entry per family, so that callers of that family see it.
      for (const [familyId, entryIds] of idsByFamily(done.records, items)) {
        tx.happened('entriesEnqueued', { familyId, after: { accepted: entryIds.length, refused, entryIds } });
      }
      return done;
    }),
  );
  if (isReplay) return answer(checked, records);
  for (const entryId of idsOf(records)) beginTraceOf(entryId, ENTRY_TRACE);
  const made = candidates.map(({ index, generated, prepared }, place): [number, Made] => [
    index,
    { generated, entry: freshEntry(prepared, judged[place]?.at ?? ctx.clock.now()) },
  ]);
  return answer(checked, records, new Map(made));
}

function idsByFamily(records: readonly ItemRecord[], items: readonly NewItem[]): Map<string, string[]> {
  const ids = new Map<string, string[]>();
  for (const [index, record] of records.entries()) {
    const familyId = items[index]?.familyId;
    if (record === null || !('entryId' in record) || familyId === undefined) continue;
    const ofFamily = ids.get(familyId) ?? [];
    ofFamily.push(record.entryId);
    ids.set(familyId, ofFamily);
  }
  return ids;
}

const idsOf = (records: readonly ItemRecord[]): string[] =>
  records.flatMap((record) => (record !== null && 'entryId' in record ? [record.entryId] : []));

function requireUsable(items: readonly NewItem[], key: string | null | undefined): void {
  const message = `A request has 1 to ${MOST_ITEMS} items, not ${items.length}. ${items.length === 0 ? 'Add some.' : 'Split it.'}`;
  const issues = [
    ...(items.length >= 1 && items.length <= MOST_ITEMS ? [] : [{ path: ['items'], code: 'INVALID_LENGTH', message }]),
    ...idempotencyKeyIssues(key),
  ];
  if (issues.length > 0) throw new InvalidInputError(issues);
}

function check(given: NewItem, index: number, caller: Caller): CheckedItem {
  const item = { ...given, username: normaliseUsername(given.username), fullName: normaliseFullName(given.fullName) };
  const message = `A clientRef has at most ${LONGEST_CLIENT_REF} characters.`;
  const issues = [
    ...problemsOf(item, caller),
    ...((item.clientRef ?? '').length > LONGEST_CLIENT_REF ? [{ path: ['clientRef'], code: 'TOO_LONG', message }] : []),
  ];
  return { ...item, issues: issues.map((issue) => ({ ...issue, path: pathTo(index, issue) })) };
}

const pathTo = (index: number, issue: InputIssue): string[] => ['items', String(index), ...issue.path];

/** The fields that must be equal in a repeat with the same idempotency key. */
function digested({ familyId, username, fullName, role, password, createdByUserId, runAt, clientRef }: CheckedItem) {
  return { familyId, username, fullName, role, password, createdByUserId, runAt, clientRef };
}

/** Encrypts in slices, so that other requests are served in between. */
async function prepareAll(keyRing: KeyRing, caller: Caller, checked: readonly CheckedItem[]): Promise<Candidate[]> {
  const candidates: Candidate[] = [];
  for (const [index, item] of checked.entries()) {
    if (index % SLICE === SLICE - 1) await nextTurn();
    if (item.issues.length > 0) continue;
    const generated = item.password === null || item.password === undefined ? generatePassword() : null;
    candidates.push({ index, generated, prepared: prepare(keyRing, caller, item, generated ?? item.password ?? '') });
  }
  return candidates;
}

/** Returns the result of each item; null for items that failed validation. */
function recordsOf(
  size: number,
  candidates: readonly Candidate[],
  judged: readonly JudgedEntry[],
  mode: WriteMode,
): ItemRecord[] {
  const isWritten = mode === 'each' || (mode === 'all' && judged.every(({ verdict }) => verdict === 'accepted'));
  const records: ItemRecord[] = Array.from({ length: size }, () => null);
  for (const [place, { index, prepared }] of candidates.entries()) {
    const { verdict, sameAs } = judged[place] ?? { verdict: 'again', sameAs: null };
    const first = sameAs === null ? undefined : candidates[sameAs]?.index;
    if (verdict !== 'accepted') records[index] = { verdict, ...(first !== undefined && { sameAs: first }) };
    else records[index] = isWritten ? { entryId: prepared.entryId } : { verdict: 'not_attempted' };
  }
  return records;
}

/** Creates the response from the stored results; `made` is omitted for a replay. */
function answer(
  checked: readonly CheckedItem[],
  records: readonly ItemRecord[],
  made?: ReadonlyMap<number, Made>,
): EnqueuedMany {
  const isReplay = made === undefined;
  const results = checked.map((item, index): Enqueued | Refusal => {
    const record = records[index] ?? null;
    if (record === null) return new InvalidInputError(item.issues);
    if ('entryId' in record) {
      const { generated = null, entry } = made?.get(index) ?? {};
      return { entryId: record.entryId, generatedPassword: generated, isReplay, ...(entry && { entry }) };
    }
    if (record.verdict === 'not_attempted') return new NotAttemptedError();
    const refusal = refusalOf(item, record.verdict, record.sameAs);
    if (!(refusal instanceof InvalidInputError)) return refusal;
    return new InvalidInputError(refusal.issues.map((issue) => ({ ...issue, path: pathTo(index, issue) })));
  });
  return { results, acceptedCount: results.filter((result) => 'entryId' in result).length, isReplay };
}

/** Retries if a concurrent request took a name or deleted a family. */
async function again<T>(write: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries++) {
    try {
      return await write();
    } catch (error) {
      if (!isLostRace(error) || tries === MOST_TRIES) throw error;
    }
  }
}

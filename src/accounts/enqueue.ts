/**
 * Enqueues an account: validates it and encrypts its password; then one statement for all accounts that arrive
 * together checks family, creator, name and idempotency key, and inserts them.
 */
import { randomUUID } from 'node:crypto';
import { idempotencyKeyIssues } from '../access/idempotency.rules.ts';
import { digestFields, type FieldDigests, requireSameInput } from '../access/idempotency.ts';
import { entryScope, unknownFamily } from '../access/scope.ts';
import { type Batcher, createBatcher } from '../database/batcher.ts';
import type { Database } from '../database/database.ts';
import type { QueuedCreation } from '../database/generated/prisma/client.ts';
import type { UserRole } from '../database/generated/prisma/enums.ts';
import { type InputIssue, InvalidInputError, type Refusal } from '../refusals.ts';
import { type KeyRing, sealingAgain } from '../sealing/key-ring.ts';
import { beginTraceOf } from '../telemetry/tracing.ts';
import type { Caller } from '../work/caller.ts';
import type { Context } from '../work/context.ts';
import { announce, signed } from '../work/unit.ts';
import {
  fullNameProblem,
  generatePassword,
  normaliseFullName,
  normaliseUsername,
  type Problem,
  passwordProblem,
  roleProblem,
  usernameProblem,
} from './account.rules.ts';
import { freshEntry } from './enqueue-fresh.rules.ts';
import { UsernameTakenError } from './entry.errors.ts';
import { insertEntries, isLostRace, type JudgedEntry, type PreparedEntry } from './insert-entries.ts';

/** The name of the first span of an entry’s trace. */
export const ENTRY_TRACE = 'enqueue account';

export interface NewEntry {
  readonly familyId: string;
  readonly username: string;
  readonly fullName: string;
  readonly role: UserRole;
  /** If omitted, a password is generated and returned once. */
  readonly password?: string | null;
  readonly createdByUserId: string;
  /** The first attempt starts no earlier than this; if omitted, immediately. */
  readonly runAt?: Date | null;
  readonly idempotencyKey?: string | null;
}

export interface Enqueued {
  readonly entryId: string;
  readonly generatedPassword: string | null;
  readonly isReplay: boolean;
  /** The row as it was written, computed without reading it back; missing for a replay. */
  readonly entry?: QueuedCreation;
}

/** Batches the entries that arrive together into one statement, and notifies the nodes once for all of them. */
export const createInserts = (services: Pick<Context, 'db' | 'notices'>): Batcher<PreparedEntry, JudgedEntry> =>
  createBatcher({
    largest: 100,
    lanes: 1,
    async flush(prepared) {
      const judged = await insertAll(services.db, prepared);
      if (judged.some(({ verdict }) => verdict === 'accepted')) announce(services, 'entryEnqueued');
      return judged;
    },
  });

/**
 * Queues an account. Throws InvalidInputError with every problem, NotFoundError,
 * UsernameTakenError or IdempotencyConflictError.
 */
export const enqueueAccount = (ctx: Context, given: NewEntry): Promise<Enqueued> =>
  sealingAgain(ctx.keyRing, () => enqueue(ctx, given));

async function enqueue(ctx: Context, given: NewEntry): Promise<Enqueued> {
  const { caller, keyRing, inserts } = ctx;
  const entry = {
    ...given,
    username: normaliseUsername(given.username),
    fullName: normaliseFullName(given.fullName),
  };
  const issues = problemsOf(entry, caller);
  if (issues.length > 0) throw new InvalidInputError([...issues, ...(await problemsBeside(issues, ctx, entry))]);
  const generated = entry.password === null || entry.password === undefined ? generatePassword() : undefined;
  const digests = entry.idempotencyKey ? digestFields(keyRing, digested(entry)) : {};
  const password = generated ?? entry.password ?? '';
  const prepared = prepare(keyRing, caller, entry, password, entry.idempotencyKey ?? null, digests);
  const { entryId, familyId, username, role, runAt } = prepared;
  const after = { username, role, runAt: runAt?.toISOString() ?? null };
  const recorded = { ...prepared, act: signed(ctx, 'entryEnqueued', { id: entryId, familyId, after }) };

  let judged = await inserts.add(recorded);
  // Another entry of the same batch has the same key: once that is written, this one is a replay of it.
  while (judged.verdict === 'again') judged = await inserts.add(recorded);
  if (judged.verdict === 'replay') {
    requireSameInput(judged.inputDigests ?? {}, digests);
    return { entryId: judged.resultId ?? '', generatedPassword: null, isReplay: true };
  }
  if (judged.verdict !== 'accepted') throw refusalOf(entry, judged.verdict);
  beginTraceOf(entryId, ENTRY_TRACE);
  return { entryId, entry: freshEntry(prepared, judged.at), generatedPassword: generated ?? null, isReplay: false };
}

/** Returns every problem of an account that is found without the database; expects the normalised forms. */
export function problemsOf(entry: NewEntry, caller: Caller): InputIssue[] {
  const fields: [string, Problem | undefined][] = [
    ['username', usernameProblem(entry.username)],
    ['fullName', fullNameProblem(entry.fullName)],
    ['role', roleProblem(entry.role, caller.role === 'enqueuer')],
    ['password', entry.password === null || entry.password === undefined ? undefined : passwordProblem(entry.password)],
  ];
  return [
    ...fields.flatMap(([field, problem]) => (problem === undefined ? [] : [{ path: [field], ...problem }])),
    ...idempotencyKeyIssues(entry.idempotencyKey),
  ];
}

/** Returns the further problems that only the database can find, so that the caller gets all of them at once. */
async function problemsBeside(
  issues: readonly InputIssue[],
  { db, keyRing, caller }: Context,
  entry: NewEntry,
): Promise<InputIssue[]> {
  // Invalid fields are already reported, and may contain values that the database cannot store.
  const isNamed = !issues.some(({ path }) => path[0] === 'username');
  const judgeable = { ...entry, username: isNamed ? entry.username : '', fullName: '' };
  const [judged] = await insertEntries(db, [prepare(keyRing, caller, judgeable, '')], 'none');
  const verdict = judged?.verdict ?? 'accepted';
  switch (verdict) {
    case 'accepted':
      return [];
    case 'no_family':
      return [asIssue('familyId', unknownFamily(entry.familyId))];
    case 'no_creator':
      return [NO_CREATOR];
    default:
      return isNamed ? [asIssue('username', refusalOf(entry, verdict))] : [];
  }
}

const asIssue = (field: string, { code, message }: Refusal): InputIssue => ({ path: [field], code, message });

/** The fields that must be equal in a repeat with the same idempotency key. */
const digested = ({ familyId, username, fullName, role, password, createdByUserId, runAt }: NewEntry) => ({
  familyId,
  username,
  fullName,
  role,
  password,
  createdByUserId,
  runAt,
});

/** Assigns an account its id and encrypts its password. */
export function prepare(
  keyRing: KeyRing,
  caller: Caller,
  { familyId, username, fullName, role, createdByUserId, runAt = null }: NewEntry,
  password: string,
  key: string | null = null,
  digests: FieldDigests = {},
): PreparedEntry {
  const entryId = randomUUID();
  const sealed = keyRing.seal(password, entryId);
  const { enqueuer, familyId: boundTo } = entryScope(caller);
  const account = { familyId, username, fullName, role, createdByUserId, runAt };
  return { entryId, sealed, caller: caller.id, enqueuer, boundTo, key, digests, ...account };
}

/**
 * Checks and inserts entries. Two nodes that insert the same name or key at the same time violate a unique
 * constraint: then each entry is inserted alone, and sees what the other node has written.
 */
async function insertAll(db: Database, prepared: readonly PreparedEntry[], triesLeft = 3): Promise<JudgedEntry[]> {
  try {
    return await insertEntries(db, prepared);
  } catch (error) {
    if (!isLostRace(error) || triesLeft === 0) throw error;
  }
  const judged: JudgedEntry[] = [];
  for (const one of prepared)
    judged.push(...(await insertAll(db, [one], prepared.length === 1 ? triesLeft - 1 : triesLeft)));
  return judged;
}

const NO_CREATOR: InputIssue = {
  path: ['createdByUserId'],
  code: 'NOT_A_MEMBER',
  message: 'No member of this family has this id. List them with family { members }.',
};

/** The refusal for a verdict. `sameAs` is the index of the item in the same request that has the username. */
export function refusalOf(
  entry: Pick<NewEntry, 'familyId' | 'username'>,
  verdict: JudgedEntry['verdict'],
  sameAs?: number,
): Refusal {
  switch (verdict) {
    case 'no_family':
      return unknownFamily(entry.familyId);
    case 'no_creator':
      return new InvalidInputError([NO_CREATOR]);
    case 'user_has_name':
      return new UsernameTakenError(entry.username, 'user');
    case 'entry_has_name':
      return new UsernameTakenError(entry.username, 'entry');
    case 'batch_has_name':
      return new UsernameTakenError(entry.username, sameAs === undefined ? 'entry' : { item: sameAs });
    default:
      throw new Error(`An entry was judged "${verdict}", which is no refusal`);
  }
}

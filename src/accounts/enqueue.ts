/**
 * Enqueueing: the account is checked and its password sealed, then judged and written by one
 * statement for all that arrive together (family, creator, name and idempotency key at once).
 */
import { randomUUID } from 'node:crypto';
import type { Acts } from '../access/acts.ts';
import type { Act, AuditTrail } from '../access/audit/act.ts';
import type { Caller } from '../access/caller.ts';
import { idempotencyKeyProblem } from '../access/idempotency.rules.ts';
import { digestFields, type FieldDigests, requireSameInput } from '../access/idempotency.ts';
import { entryScope, unknownFamily } from '../access/scope.ts';
import { createBatcher } from '../database/batcher.ts';
import type { Database } from '../database/database.ts';
import type { QueuedCreation } from '../database/generated/prisma/client.ts';
import type { UserRole } from '../database/generated/prisma/enums.ts';
import type { Notices } from '../events/notices.ts';
import { type InputIssue, InvalidInputError, type Refusal } from '../refusals.ts';
import type { KeyRing } from '../sealing/key-ring.ts';
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

export interface NewEntry {
  readonly familyId: string;
  readonly username: string;
  readonly fullName: string;
  readonly role: UserRole;
  /** Left out: generated, and answered once. */
  readonly password?: string | null;
  readonly createdByUserId: string;
  /** Not before this instant; left out: at once. */
  readonly runAt?: Date | null;
  readonly idempotencyKey?: string | null;
}

export interface Enqueued {
  readonly entryId: string;
  readonly generatedPassword: string | null;
  readonly isReplay: boolean;
  /** The row as it was written, without reading it back; not known of a replay. */
  readonly entry?: QueuedCreation;
}

export interface Enqueuer {
  /**
   * Queues an account. Throws InvalidInputError with every problem, NotFoundError,
   * UsernameTakenError or IdempotencyConflictError.
   */
  enqueue(caller: Caller, entry: NewEntry): Promise<Enqueued>;
}

export interface EnqueuerOptions {
  readonly db: Database;
  readonly acts: Acts;
  /** Signs the record of an enqueue, which the inserting statement writes. */
  readonly trail: Pick<AuditTrail, 'sign'>;
  readonly keyRing: KeyRing;
  readonly notices: Notices;
}

/** Creates the road into the queue: those who arrive together share a statement. */
export function createEnqueuer({ db, trail, keyRing, notices }: EnqueuerOptions): Enqueuer {
  const inserts = createBatcher<PreparedEntry, JudgedEntry>({
    windowMs: 0,
    largest: 100,
    lanes: 1,
    flush: (prepared) => insertAll(db, prepared),
  });

  return {
    async enqueue(caller, given) {
      const entry = {
        ...given,
        username: normaliseUsername(given.username),
        fullName: normaliseFullName(given.fullName),
      };
      const issues = problemsOf(entry, caller);
      if (issues.length > 0)
        throw new InvalidInputError([...issues, ...(await problemsBeside(issues, { db, keyRing }, caller, entry))]);
      const generated = entry.password === null || entry.password === undefined ? generatePassword() : undefined;
      const digests = entry.idempotencyKey ? digestFields(keyRing, digested(entry)) : {};
      const prepared = prepare(
        keyRing,
        caller,
        entry,
        generated ?? entry.password ?? '',
        entry.idempotencyKey ?? null,
        digests,
      );
      const act = actOf(caller, prepared);
      const recorded = { ...prepared, act: trail.sign(act) };

      let judged = await inserts.add(recorded);
      // Its key was in the same batch: now that the other is written, this is a repeat of it.
      while (judged.verdict === 'again') judged = await inserts.add(recorded);
      if (judged.verdict === 'replay') {
        requireSameInput(judged.inputDigests ?? {}, prepared.digests);
        return { entryId: judged.resultId ?? '', generatedPassword: null, isReplay: true };
      }
      if (judged.verdict !== 'accepted') throw refusalOf(entry, judged.verdict);
      notices.changed();
      notices.workToDo();
      notices.eventsWritten();
      return {
        entryId: prepared.entryId,
        entry: freshEntry(prepared, judged.at),
        generatedPassword: generated ?? null,
        isReplay: false,
      };
    },
  };
}

const actOf = (caller: Caller, { entryId, familyId, username, role, runAt }: PreparedEntry): Act => ({
  caller,
  action: 'enqueueAccount',
  target: { type: 'QueuedCreation', id: entryId },
  familyId,
  after: { username, role, runAt: runAt?.toISOString() ?? null },
});

/** Every problem of an account at once; expects the normalised forms. */
export function problemsOf(entry: NewEntry, caller: Caller): InputIssue[] {
  const fields: [string, Problem | undefined][] = [
    ['username', usernameProblem(entry.username)],
    ['fullName', fullNameProblem(entry.fullName)],
    ['role', roleProblem(entry.role, caller.role === 'enqueuer')],
    ['password', entry.password === null || entry.password === undefined ? undefined : passwordProblem(entry.password)],
    ['idempotencyKey', idempotencyKeyProblem(entry.idempotencyKey)],
  ];
  return fields.flatMap(([field, problem]) => (problem === undefined ? [] : [{ path: [field], ...problem }]));
}

/** What the database alone knows to be wrong beside what was seen without it, so that it is not said one by one. */
async function problemsBeside(
  issues: readonly InputIssue[],
  { db, keyRing }: Pick<EnqueuerOptions, 'db' | 'keyRing'>,
  caller: Caller,
  entry: NewEntry,
): Promise<InputIssue[]> {
  // What is wrong by itself is not judged again, and may hold what the database cannot take.
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

/** What makes two inputs the same. */
const digested = ({ familyId, username, fullName, role, password, createdByUserId, runAt }: NewEntry) => ({
  familyId,
  username,
  fullName,
  role,
  password,
  createdByUserId,
  runAt,
});

/** Gives an account its id and seals its password. */
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
 * Judges and inserts. Two nodes that take the same name or key at the same instant break a
 * unique constraint: then each goes alone, and sees what the other has written.
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

/** The refusal of an entry that was judged so; the name's other claimant in a batch may be named by its place. */
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

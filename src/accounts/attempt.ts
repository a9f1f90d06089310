/**
 * One attempt to create an entry's account: looks it up first if an earlier attempt may have created it,
 * creates it, and looks it up again if the outcome is unknown. When an error suggests a wrong configuration,
 * the connection is checked immediately, because a firewall may refuse a single account. An attempt only calls
 * the provider; outcomes.ts decides what its result means for the row.
 *
 * The provider may continue to process the request of an aborted attempt until `lookupFinalAt`. Until then an
 * absent account may still appear: creating it again is harmless, because its id is the entry's id, but the
 * entry must not fail and no password may be replaced.
 */
import { failureOf } from '../diagnosis/failure-messages.ts';
import type {
  AccountCreated,
  CallOptions,
  IdentityProvider,
  NewAccount,
  ProviderFailure,
} from '../identity/provider.ts';
import { UnsealError } from '../sealing/jwe.ts';
import { type KeyRing, openSealed } from '../sealing/key-ring.ts';
import type { Services } from '../work/context.ts';
import { usernameProblem } from './account.rules.ts';
import type { ClaimedEntry } from './claim.ts';

export type Unsealed = { plain: string } | { plain: undefined; problem: string };

/** Decrypts an entry's password, or returns why it cannot be decrypted. Throws the errors of reading the key ring. */
export async function unsealPassword(entry: ClaimedEntry, keyRing: KeyRing): Promise<Unsealed> {
  if (entry.encryptedPassword === null) return { plain: undefined, problem: 'it was destroyed' };
  try {
    return { plain: await openSealed(keyRing, entry.encryptedPassword, entry.id) };
  } catch (error) {
    if (!(error instanceof UnsealError)) throw error;
    return { plain: undefined, problem: error.message };
  }
}

/** Returns the account to create, or why this entry's account can never be created. */
function accountOf(entry: ClaimedEntry, password: Unsealed): NewAccount | ProviderFailure {
  const { id: entryId, familyId, username, fullName } = entry;
  if (familyId === null) return failureOf('FAMILY_DELETED');
  if (password.plain === undefined)
    return failureOf('PASSWORD_NOT_SEALED', { detail: `The reason: ${password.problem}.` });
  // Only a row inserted with SQL can have an invalid username, which the provider would accept.
  const problem = usernameProblem(username.toLowerCase());
  if (problem !== undefined) return failureOf('USERNAME_INVALID', { detail: problem.message });
  return { entryId, familyId, username, fullName, password: password.plain };
}

export interface AttemptFailure extends ProviderFailure {
  /** The account may exist: the next attempt looks it up first. */
  readonly needsLookup: boolean;
  /** Until then the provider may still process a request of this or an earlier attempt; null: none is in progress. */
  readonly lookupFinalAt: Date | null;
  /** False if the entry was refused before the provider was called: the failure says nothing about the provider. */
  readonly wasProviderAsked: boolean;
  /** A connection check right after the attempt succeeded: the provider refuses only this entry. */
  readonly isAlone?: boolean;
  /** The error that the check found, if it confirmed the failure; it contains nothing about an entry. */
  readonly checkMessage?: string;
}
export type AttemptResult = AccountCreated | AttemptFailure;

/** The attempt has no outcome to store: the entry is released, due immediately or not before `until`. */
export interface Postponed {
  readonly kind: 'postponed';
  readonly until: Date | null;
}

/**
 * The services that an attempt needs. All calls up to an outcome share one PROVIDER_TIMEOUT; a lookup after an
 * unknown outcome gets a second one.
 */
export type AttemptServices = Pick<Services, 'provider' | 'keyRing' | 'config'>;

/** The longest that an attempt takes, in milliseconds; it starts only if its lease lasts longer than that. */
export const longestAttemptMs = (timeoutMs: number): number => 2 * timeoutMs;

/** How long the provider may still process a request after its attempt or lease has ended, in milliseconds. */
export const openForMs = (timeoutMs: number): number => 2 * timeoutMs;

/** Whether an account that is absent at this claim can no longer appear. */
export const isLookupFinal = ({ lookupFinalAt, claimedAt }: ClaimedEntry): boolean =>
  lookupFinalAt === null || lookupFinalAt <= claimedAt;

/**
 * Makes one attempt. Resolves within twice the timeout, and never rejects because of a provider error. Sends no
 * request that might outlast the lease.
 */
export async function makeAttempt(entry: ClaimedEntry, services: AttemptServices): Promise<AttemptResult | Postponed> {
  const begun = performance.now();
  const { provider, keyRing, config } = services;
  const { PROVIDER_TIMEOUT: timeoutMs, LEASE_DURATION: leaseMs } = config;
  let wasTooLate = false;
  const timers: NodeJS.Timeout[] = [];
  const calls = (): CallOptions => {
    // Not AbortSignal.timeout: its timers outlive the attempt, so a fast worker would hold tens of thousands of them.
    const deadline = new AbortController();
    const tooLong = (): void => deadline.abort(new DOMException('The deadline has passed.', 'TimeoutError'));
    timers.push(setTimeout(tooLong, timeoutMs));
    return {
      signal: deadline.signal,
      timeoutMs,
      mayBeSent(withinMs) {
        const may = entry.heldMs() + withinMs < leaseMs;
        wasTooLate ||= !may;
        return may;
      },
    };
  };
  const result = await attempt(entry, await unsealPassword(entry, keyRing), services, calls).finally(() => {
    for (const timer of timers) clearTimeout(timer);
  });
  if (result.kind !== 'failure') return result;
  // A lease that is too short postpones the entry. If this attempt left a request in progress, that must be stored.
  if (wasTooLate && !result.mayExist) {
    const isOpened = result.lookupFinalAt !== null && result.lookupFinalAt !== entry.lookupFinalAt;
    return isOpened ? result : { kind: 'postponed', until: null };
  }
  if (result.class !== 'configuration') return result;
  const leftMs = longestAttemptMs(timeoutMs) - (performance.now() - begun);
  return checked(result, provider, Math.min(leftMs, timeoutMs));
}

/**
 * Keeps a configuration error only if a connection check confirms it: then the entry is not the cause.
 * Otherwise it becomes a transient failure of this entry, which costs a retry.
 */
async function checked(failed: AttemptFailure, provider: IdentityProvider, timeoutMs: number): Promise<AttemptFailure> {
  const found = timeoutMs < 1 ? undefined : await provider.checkConnection(until(Math.floor(timeoutMs)));
  if (found !== undefined && !('ok' in found) && found.class === 'configuration')
    return { ...failed, checkMessage: found.message };
  const isAlone = found !== undefined && 'ok' in found;
  const said = isAlone
    ? 'Only this account is refused: a check of the connection right after succeeded.'
    : 'It is not known whether all accounts are refused: a check of the connection right after did not finish.';
  return { ...failed, class: 'transient', isAlone, message: `${said} ${failed.message}` };
}

async function attempt(
  entry: ClaimedEntry,
  password: Unsealed,
  { provider, config }: AttemptServices,
  calls: () => CallOptions,
): Promise<AttemptResult | Postponed> {
  const options = calls();
  if (entry.needsLookup) {
    const known = await findAndAdopt(entry, provider, password.plain, options);
    if (known.kind !== 'absent') return known;
    if (entry.isLookupOnly) {
      return isLookupFinal(entry) ? RETRIES_USED_UP : { kind: 'postponed', until: entry.lookupFinalAt };
    }
  }
  const account = accountOf(entry, password);
  if ('kind' in account) return failure(entry, account, { wasProviderAsked: false });
  const result = await provider.createAccount(account, options);
  if (result.kind === 'created')
    return result.wasAdopted ? adopt(entry, provider, password.plain, result, options) : result;
  const openFor = openForMs(config.PROVIDER_TIMEOUT);
  if (result.class !== 'unknown') return failure(entry, result, result.mayExist ? { needsLookup: true, openFor } : {});

  const known = await findAndAdopt(entry, provider, password.plain, calls());
  // An absent account may still appear, because the provider may still be processing the request.
  return known.kind === 'created' ? known : failure(entry, result, { needsLookup: true, openFor });
}

/** Looks up an entry's account. If that fails, returns a failure; `needsLookup` is true unless the error is permanent. */
export async function lookUpAccount(
  entry: ClaimedEntry,
  provider: IdentityProvider,
  password: string | undefined,
  options: CallOptions,
): Promise<AttemptResult | { kind: 'absent' }> {
  const found = await provider.findAccount({ entryId: entry.id, username: entry.username, password }, options);
  if (found.kind === 'absent') return { kind: 'absent' };
  if (found.kind === 'failure') {
    // A permanent error: the id belongs to another account, so a request in progress would be refused too.
    return found.class === 'permanent'
      ? { ...found, needsLookup: false, lookupFinalAt: null, wasProviderAsked: true }
      : failure(entry, found, { needsLookup: true });
  }
  const { providerUserId, providerRequestId } = found;
  return { kind: 'created', wasAdopted: true, providerUserId, providerRequestId };
}

/** Looks up an entry's account, and adopts it if it exists. */
async function findAndAdopt(
  entry: ClaimedEntry,
  provider: IdentityProvider,
  password: string | undefined,
  options: CallOptions,
): Promise<AttemptResult | Postponed | { kind: 'absent' }> {
  const found = await lookUpAccount(entry, provider, password, options);
  return found.kind === 'created' ? adopt(entry, provider, password, found, options) : found;
}

/** If the account was created with an earlier password, sets the current one before the entry completes. */
async function adopt(
  entry: ClaimedEntry,
  provider: IdentityProvider,
  password: string | undefined,
  account: AccountCreated,
  options: CallOptions,
): Promise<AttemptResult | Postponed> {
  if (!entry.isPasswordReplaced || password === undefined) return account;
  // An earlier request may still overwrite this password with an earlier one.
  if (!isLookupFinal(entry)) return { kind: 'postponed', until: entry.lookupFinalAt };
  const result = await provider.setPassword(entry.id, password, options);
  if (result.kind === 'password-set') return account;
  const openFor = result.class === 'permanent' ? undefined : openForMs(options.timeoutMs);
  return failure(entry, result, { needsLookup: true, openFor });
}

/** Options for provider calls with a deadline of `timeoutMs` from now. */
export const until = (timeoutMs: number): CallOptions => ({ signal: AbortSignal.timeout(timeoutMs), timeoutMs });

interface Leaves {
  readonly needsLookup?: boolean | undefined;
  /** How many milliseconds the provider may still process this attempt's request. */
  readonly openFor?: number | undefined;
  readonly wasProviderAsked?: boolean;
}

/** Creates a failure that includes what this and earlier attempts leave unknown. */
function failure(entry: ClaimedEntry, from: ProviderFailure, leaves: Leaves): AttemptFailure {
  const { needsLookup = false, openFor, wasProviderAsked = true } = leaves;
  const stillOpen = isLookupFinal(entry) ? null : entry.lookupFinalAt;
  return {
    ...from,
    needsLookup: needsLookup || (entry.needsLookup && stillOpen !== null),
    lookupFinalAt:
      openFor === undefined ? stillOpen : new Date(entry.claimedAt.getTime() + Math.ceil(entry.heldMs()) + openFor),
    wasProviderAsked,
  };
}

const RETRIES_USED_UP: AttemptFailure = {
  ...failureOf('RETRIES_USED_UP'),
  needsLookup: false,
  lookupFinalAt: null,
  wasProviderAsked: true,
};

/**
 * One attempt to create an entry's account: look it up first where an earlier attempt may have
 * created it, create it, and look it up again when the outcome is unknown. An error that suggests a
 * wrong configuration is checked at once, because a firewall may refuse a single account. An attempt
 * only talks to the provider; settle.ts decides what its result means for the row.
 *
 * The provider may still process the request of a broken-off attempt for a while. Until then
 * ("lookFinalAt") an account that is absent may still appear: it is created again, which is harmless
 * because its id is the entry's, but the entry is not failed and no password is replaced.
 */
import { failureOf } from '../diagnosis/failure-messages.ts';
import type { AccountCreated, CallOptions, IdentityProvider, ProviderFailure } from '../identity/provider.ts';
import type { Services } from '../work/context.ts';
import { accountOf, type Unsealed, unsealPassword } from './account-to-make.ts';
import type { ClaimedEntry } from './claim.ts';

export interface AttemptFailure extends ProviderFailure {
  /** The account may exist without our knowing it: the next attempt looks it up first. */
  readonly needsLook: boolean;
  /** A request of this attempt or an earlier one may still be processed until then; null: none is open. */
  readonly lookFinalAt: Date | null;
  /** False when the entry was refused before the provider was called: says nothing about the provider. */
  readonly wasProviderAsked: boolean;
  /** A check right after the attempt succeeded: only this entry is refused. */
  readonly isAlone?: boolean;
  /** What that check found wrong, where it confirmed the failure; not about an entry. */
  readonly checkMessage?: string;
}
export type AttemptResult = AccountCreated | AttemptFailure;

/** There is no outcome to store: the entry goes back, due at once or not before the instant. */
export interface Postponed {
  readonly kind: 'postponed';
  readonly until: Date | null;
}

/** What an attempt needs of its node. All calls up to an outcome share one PROVIDER_TIMEOUT; a lookup after an unknown outcome gets another. */
export type AttemptServices = Pick<Services, 'provider' | 'keyRing' | 'config'>;

/** The longest an attempt takes: what a lease must leave room for before it is started. */
export const longestAttemptMs = (timeoutMs: number): number => 2 * timeoutMs;

/** How long the provider may still process a request after its attempt, or its lease, has ended. */
export const openForMs = (timeoutMs: number): number => 2 * timeoutMs;

/** Whether an account that is absent at this claim may still appear. */
export const isLookFinal = ({ lookFinalAt, claimedAt }: ClaimedEntry): boolean =>
  lookFinalAt === null || lookFinalAt <= claimedAt;

/**
 * Makes one attempt. Resolves within twice the timeout, and never rejects for what the provider did.
 * Nothing is sent that could not end within the lease.
 */
export async function makeAttempt(entry: ClaimedEntry, services: AttemptServices): Promise<AttemptResult | Postponed> {
  const begun = performance.now();
  const { provider, keyRing, config } = services;
  const { PROVIDER_TIMEOUT: timeoutMs, LEASE_DURATION: leaseMs } = config;
  let wasTooLate = false;
  const calls = (): CallOptions => ({
    ...until(timeoutMs),
    mayBeSent(withinMs) {
      const may = entry.heldMs() + withinMs < leaseMs;
      wasTooLate ||= !may;
      return may;
    },
  });
  const result = await attempt(entry, await unsealPassword(entry, keyRing), services, calls);
  if (result.kind !== 'failure') return result;
  // An outcome that this attempt left open is stored all the same.
  if (wasTooLate && !result.mayExist) {
    const isOpened = result.lookFinalAt !== null && result.lookFinalAt !== entry.lookFinalAt;
    return isOpened ? result : { kind: 'postponed', until: null };
  }
  if (result.class !== 'configuration') return result;
  const leftMs = longestAttemptMs(timeoutMs) - (performance.now() - begun);
  return checked(result, provider, Math.min(leftMs, timeoutMs));
}

/**
 * Treats the configuration as wrong only if a check of the connection confirms it: then no entry is
 * to blame. Otherwise the failure is the entry's own and costs it a retry, as a transient one.
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
  if (entry.needsLook) {
    const known = await look(entry, provider, password.plain, options);
    if (known.kind !== 'absent') return known;
    if (entry.isLookOnly) {
      return isLookFinal(entry) ? RETRIES_USED_UP : { kind: 'postponed', until: entry.lookFinalAt };
    }
  }
  const account = accountOf(entry, password);
  if ('kind' in account) return failure(entry, account, { wasProviderAsked: false });
  const result = await provider.createAccount(account, options);
  if (result.kind === 'created')
    return result.wasAdopted ? adopt(entry, provider, password.plain, result, options) : result;
  if (result.class !== 'unknown') return failure(entry, result, { needsLook: result.mayExist });

  const known = await look(entry, provider, password.plain, calls());
  // An account that is absent now may still appear: the provider may still process the request.
  return known.kind === 'created'
    ? known
    : failure(entry, result, { needsLook: true, openFor: openForMs(config.PROVIDER_TIMEOUT) });
}

/**
 * Looks up whether an entry's account exists, and adopts it if so. A lookup that was not possible
 * is a failure that leaves the question open.
 */
export async function look(
  entry: ClaimedEntry,
  provider: IdentityProvider,
  password: string | undefined,
  options: CallOptions,
): Promise<AttemptResult | Postponed | { kind: 'absent' }> {
  const found = await provider.findAccount({ entryId: entry.id, username: entry.username }, options);
  if (found.kind === 'absent') return { kind: 'absent' };
  if (found.kind === 'failure') {
    // A permanent answer: the id is another account's, and a request in progress would be refused.
    return found.class === 'permanent'
      ? { ...found, needsLook: false, lookFinalAt: null, wasProviderAsked: true }
      : failure(entry, found, { needsLook: true });
  }
  const { providerUserId, providerRequestId } = found;
  const account: AccountCreated = { kind: 'created', wasAdopted: true, providerUserId, providerRequestId };
  return adopt(entry, provider, password, account, options);
}

/** An account created with an earlier password gets the present one before the entry completes. */
async function adopt(
  entry: ClaimedEntry,
  provider: IdentityProvider,
  password: string | undefined,
  account: AccountCreated,
  options: CallOptions,
): Promise<AttemptResult | Postponed> {
  if (!entry.isPasswordReplaced || password === undefined) return account;
  // An earlier request may still set an earlier password over this one.
  if (!isLookFinal(entry)) return { kind: 'postponed', until: entry.lookFinalAt };
  const result = await provider.setPassword(entry.id, password, options);
  if (result.kind === 'password-set') return account;
  const openFor = result.class === 'permanent' ? undefined : openForMs(options.timeoutMs);
  return failure(entry, result, { needsLook: true, openFor });
}

/** A deadline for provider calls, from now. */
export const until = (timeoutMs: number): CallOptions => ({ signal: AbortSignal.timeout(timeoutMs), timeoutMs });

interface Leaves {
  readonly needsLook?: boolean | undefined;
  /** For so many milliseconds the provider may still process this attempt's request. */
  readonly openFor?: number | undefined;
  readonly wasProviderAsked?: boolean;
}

/** A failure, with what it and earlier attempts leave open. */
function failure(entry: ClaimedEntry, from: ProviderFailure, leaves: Leaves): AttemptFailure {
  const { needsLook = false, openFor, wasProviderAsked = true } = leaves;
  const stillOpen = isLookFinal(entry) ? null : entry.lookFinalAt;
  return {
    ...from,
    needsLook: needsLook || (entry.needsLook && stillOpen !== null),
    lookFinalAt:
      openFor === undefined ? stillOpen : new Date(entry.claimedAt.getTime() + Math.ceil(entry.heldMs()) + openFor),
    wasProviderAsked,
  };
}

const RETRIES_USED_UP: AttemptFailure = {
  ...failureOf('RETRIES_USED_UP'),
  needsLook: false,
  lookFinalAt: null,
  wasProviderAsked: true,
};

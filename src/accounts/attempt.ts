/**
 * One attempt to create an entry's account: look first where an earlier attempt may have made
 * it, create, and look once more when the outcome is unknown. What looks like a wrong configuration
 * is checked at once, for a firewall may refuse one account alone. It only talks to the provider;
 * what its result means for the row is decided in settle.ts.
 */
import type { AccountCreated, CallOptions, IdentityProvider, ProviderFailure } from '../identity/provider.ts';
import { UnsealError } from '../sealing/jwe.ts';
import type { KeyRing } from '../sealing/key-ring.ts';
import { openSealed } from '../sealing/open-sealed.ts';
import { usernameProblem } from './account.rules.ts';
import type { ClaimedEntry } from './claim.ts';

export interface AttemptFailure extends ProviderFailure {
  /** The account may exist without our knowing it: the next attempt looks first. */
  readonly needsLook: boolean;
  /** False when the entry was refused before the provider was asked: says nothing of the provider. */
  readonly wasProviderAsked: boolean;
  /** A check right after the attempt found all well: it is this entry alone that is refused so. */
  readonly isAlone?: boolean;
  /** What that check found wrong, where it confirmed the failure: about no entry. */
  readonly checkMessage?: string;
}
export type AttemptResult = AccountCreated | AttemptFailure;

export interface AttemptTools {
  readonly provider: IdentityProvider;
  readonly keyRing: KeyRing;
  /** PROVIDER_TIMEOUT: for all calls up to an outcome; a look after an unknown one has it again. */
  readonly timeoutMs: number;
}

/** The longest an attempt takes: what a lease must leave room for before it is started. */
export const longestAttemptMs = (timeoutMs: number): number => 2 * timeoutMs;

/** Makes one attempt. Resolves within twice the timeout, and never rejects for what the provider did. */
export async function makeAttempt(entry: ClaimedEntry, tools: AttemptTools): Promise<AttemptResult> {
  const begun = performance.now();
  const result = await attempt(entry, tools);
  if (result.kind === 'created' || result.class !== 'configuration') return result;
  const leftMs = longestAttemptMs(tools.timeoutMs) - (performance.now() - begun);
  return checked(result, tools.provider, Math.min(leftMs, tools.timeoutMs));
}

/**
 * Believes that the configuration is wrong only if a check of the connection says so too: then no
 * entry is to blame. Else the failure is the entry's own and costs it a retry, as one that may pass.
 */
async function checked(failed: AttemptFailure, provider: IdentityProvider, timeoutMs: number): Promise<AttemptFailure> {
  const found = timeoutMs < 1 ? undefined : await provider.checkConnection(until(Math.floor(timeoutMs)));
  if (found !== undefined && !('ok' in found) && found.class === 'configuration')
    return { ...failed, checkMessage: found.message };
  const isAlone = found !== undefined && 'ok' in found;
  const said = isAlone
    ? 'It is this account alone that is refused: a check right after found the connection well.'
    : 'Whether all accounts are refused is not known: the check right after came to no end.';
  return { ...failed, class: 'transient', isAlone, message: `${said} ${failed.message}` };
}

async function attempt(entry: ClaimedEntry, { provider, keyRing, timeoutMs }: AttemptTools): Promise<AttemptResult> {
  const password = await unsealPassword(entry, keyRing);
  const options = until(timeoutMs);
  if (entry.needsLook) {
    const known = await look(entry, provider, password.plain, options);
    if (known.kind !== 'absent') return known;
    if (entry.isLookOnly) return RETRIES_USED_UP;
  }
  if (entry.familyId === null) {
    return refused('FAMILY_DELETED', 'The family was deleted. Enqueue the account for another family.');
  }
  if (password.plain === undefined) {
    return refused(
      'PASSWORD_NOT_SEALED',
      `The password cannot be unsealed: ${password.problem}. Enqueue accounts with the mutation enqueueAccount, which seals it, or retry this entry with a new password.`,
    );
  }
  // Only a row inserted with SQL has such a name: the provider would take it.
  const problem = usernameProblem(entry.username.toLowerCase());
  if (problem !== undefined) {
    return refused('USERNAME_INVALID', `${problem.message} Enqueue the account anew under another username.`);
  }

  const { id: entryId, familyId, username, fullName } = entry;
  const account = { entryId, familyId, username, fullName, password: password.plain };
  const result = await provider.createAccount(account, options);
  if (result.kind === 'created')
    return result.wasAdopted ? adopt(entry, provider, password.plain, result, options) : result;
  if (result.class !== 'unknown') return failure(result, false);

  const known = await look(entry, provider, password.plain, until(timeoutMs));
  // Absent now is not absent for good: the request may still be running at the provider.
  return known.kind === 'created' ? known : failure(result, true);
}

/**
 * Looks whether an entry's account exists, and adopts it if so. A look that was not possible
 * is a failure that leaves the question open.
 */
export async function look(
  entry: ClaimedEntry,
  provider: IdentityProvider,
  password: string | undefined,
  options: CallOptions,
): Promise<AttemptResult | { kind: 'absent' }> {
  const found = await provider.findAccount({ entryId: entry.id, username: entry.username }, options);
  if (found.kind === 'absent') return { kind: 'absent' };
  if (found.kind === 'failure') return failure(found, found.class !== 'permanent');
  const { providerUserId, providerRequestId } = found;
  return adopt(
    entry,
    provider,
    password,
    { kind: 'created', wasAdopted: true, providerUserId, providerRequestId },
    options,
  );
}

/** An account made with an earlier password gets the present one before it counts as made. */
async function adopt(
  entry: ClaimedEntry,
  provider: IdentityProvider,
  password: string | undefined,
  account: AccountCreated,
  options: CallOptions,
): Promise<AttemptResult> {
  if (!entry.isPasswordReplaced || password === undefined) return account;
  const result = await provider.setPassword(entry.id, password, options);
  return result.kind === 'password-set' ? account : failure(result, true);
}

/** A deadline for provider calls, from now. */
export const until = (timeoutMs: number): CallOptions => ({ signal: AbortSignal.timeout(timeoutMs), timeoutMs });

type Unsealed = { plain: string } | { plain: undefined; problem: string };

async function unsealPassword(entry: ClaimedEntry, keyRing: KeyRing): Promise<Unsealed> {
  if (entry.encryptedPassword === null) return { plain: undefined, problem: 'it was destroyed' };
  try {
    return { plain: await openSealed(keyRing, entry.encryptedPassword, entry.id) };
  } catch (error) {
    if (!(error instanceof UnsealError)) throw error;
    return { plain: undefined, problem: error.message };
  }
}

const failure = (from: ProviderFailure, needsLook: boolean): AttemptFailure => ({
  ...from,
  needsLook,
  wasProviderAsked: true,
});

const refused = (code: string, message: string): AttemptFailure => ({
  kind: 'failure',
  class: 'permanent',
  code,
  message,
  needsLook: false,
  wasProviderAsked: false,
});

const RETRIES_USED_UP: AttemptFailure = {
  kind: 'failure',
  class: 'permanent',
  code: 'RETRIES_USED_UP',
  message:
    'All retries are used up, and a last look shows that no account was made. Retry the entry to start a new series.',
  needsLook: false,
  wasProviderAsked: true,
};

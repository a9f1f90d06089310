/**
 * Authenticates requests. Nothing is open by accident: with access control configured, only a verified
 * credential gives a caller. Without it every request is from the local caller, since only this machine can
 * connect, but a token that is sent is still checked.
 */
import type { IncomingMessage } from 'node:http';
import { LRUCache } from 'lru-cache';
import { isAccessControlled } from '../../config/rules.ts';
import { isUnavailable } from '../../database/unavailable.ts';
import { createAddressOf } from '../../http/address.ts';
import type { Refused } from '../../http/gate.ts';
import { LOCAL_CALLER } from '../../work/caller.ts';
import type { Services } from '../../work/context.ts';
import { isForeign, isOwnHost, publicOrigin } from '../sessions/browser.ts';
import { createUseRecorder } from '../tokens/token-lookup.ts';
import { type Authenticated, DATABASE_AWAY, NOT_SHOWN, refusalOf, throttled, UNREADABLE } from './answers.ts';
import { createEnds } from './ends.ts';
import { type Credential, credentialFrom, credentialOf, openGivenSecret } from './given-secret.ts';
import { createGuessing } from './guessing.ts';
import { createProven, type Proof, type Verdict } from './proven.ts';
import { createVerifier } from './verifier.ts';

export type Authenticator = ReturnType<typeof createAuthenticator>;

/** How long a credential that was valid is still checked while its address is blocked. */
const KNOWN_GOOD_MS = 10 * 60_000;
const MOST_KNOWN = 5_000;

/** Throws StartError if a secret's file cannot be used. Call `close` before closing the database. */
export function createAuthenticator(services: Services) {
  const { config, db, logger, metrics, notices } = services;
  const isConfigured = isAccessControlled(config);
  const addressOf = createAddressOf(config.TRUSTED_PROXIES ?? []);
  const metricsToken = openGivenSecret({
    setting: 'METRICS_TOKEN',
    text: config.METRICS_TOKEN,
    path: config.METRICS_TOKEN_FILE,
    logger,
  });
  const verifier = createVerifier(services);
  const proven = createProven();
  const limit = config.authenticationFailuresPerMinute;
  const guessing = createGuessing({ limit, logger });
  /** Counted apart from tokens: invalid cookies come from people's browsers and must not block their sign-in. */
  const cookieGuessing = createGuessing({ limit, logger });
  const uses = createUseRecorder(db, logger);
  const { failures } = metrics.access;
  const verify = async (credential: Credential): Promise<Verdict> =>
    verifier.verifyAdmin(credential) ?? proven.get(credential.key, () => verifier.verify(credential));
  const ends = createEnds(verify, logger);
  const stopHearing = notices.on({
    access() {
      proven.forgetAll();
      void ends.recheck();
    },
  });

  /**
   * Random credentials that were valid recently. They are checked even while their address is blocked: many
   * callers may share an address, none of these credentials can be guessed, and one caller with an old token
   * must not lock the others out. The admin token is excluded because people choose it: a block would not
   * stop someone who guesses it.
   */
  const knownGood = new LRUCache<string, true>({ max: MOST_KNOWN, ttl: KNOWN_GOOD_MS });
  const isKnownGood = ({ key }: Credential): boolean => knownGood.has(key);
  const remember = ({ kind, key }: Credential, { caller }: Proof): void => {
    if (caller.kind === 'admin_token' && kind === 'bearer') return;
    knownGood.set(key, true);
  };

  /** Invalid cookies. A browser sends one again and again: it is verified, and counted as a failure, only once. */
  const over = new LRUCache<string, Refused>({ max: MOST_KNOWN });

  const refuseGuess = (address: string, refusal: Refused, counts = guessing): Refused => {
    counts.failed(address);
    failures.inc(1, { reason: 'unknown' });
    return refusal;
  };

  /** Verifies a credential, unless the request's address is blocked. */
  const prove = async (
    request: IncomingMessage,
    requestId: string,
    credential: Credential | 'unreadable',
  ): Promise<Authenticated> => {
    const isOver = credential === 'unreadable' ? undefined : over.get(credential.key);
    if (isOver !== undefined) return isOver;
    const address = addressOf(request);
    const counts = credential !== 'unreadable' && credential.kind === 'session' ? cookieGuessing : guessing;
    const blockedMs = counts.blockedFor(address);
    if (blockedMs > 0 && !(credential !== 'unreadable' && isKnownGood(credential))) {
      failures.inc(1, { reason: 'throttled' });
      return throttled(blockedMs);
    }
    if (credential === 'unreadable') return refuseGuess(address, UNREADABLE);
    let verdict: Verdict;
    try {
      verdict = await verify(credential);
    } catch (error) {
      if (!isUnavailable(error)) throw error;
      failures.inc(1, { reason: 'unavailable' });
      return DATABASE_AWAY;
    }
    if ('failure' in verdict) {
      if (verdict.failure === 'unknown') {
        const refusal = refusalOf(verdict);
        if (credential.kind === 'session') over.set(credential.key, refusal);
        return refuseGuess(address, refusal, counts);
      }
      failures.inc(1, { reason: verdict.failure });
      return refusalOf(verdict);
    }
    const { proof, endsAt } = verdict;
    remember(credential, proof);
    if (proof.apiTokenId !== null) uses.used(proof.apiTokenId);
    return {
      kind: 'caller',
      caller: { ...proof.caller, requestId, address },
      isCookie: credential.kind === 'session',
      isForeign:
        credential.kind === 'session' && isForeign(request.headers, publicOrigin(request.headers, config.PUBLIC_URL)),
      validUntil: proof.validUntil,
      proof,
      onEnded: (ended) => ends.watch(credential, endsAt, ended),
    };
  };

  const local = (request: IncomingMessage, requestId: string): Authenticated => ({
    kind: 'caller',
    caller: { ...LOCAL_CALLER, requestId, address: addressOf(request) },
    isCookie: false,
    // Any page in a browser on this machine could act as the local caller: only ours and CORS_ORIGINS may.
    isForeign:
      isForeign(request.headers, publicOrigin(request.headers, config.PUBLIC_URL)) &&
      !config.CORS_ORIGINS?.includes(request.headers.origin ?? '') &&
      !isOwnHost(request.headers),
    validUntil: null,
    proof: undefined,
    onEnded: () => () => undefined,
  });

  /** Returns the caller of this request, or a refusal. Throws only for faults. */
  const authenticate = async (request: IncomingMessage, requestId: string): Promise<Authenticated> => {
    const credential = credentialOf(request, config.PUBLIC_URL);
    if (credential === undefined) return isConfigured ? NOT_SHOWN : local(request, requestId);
    const answer = await prove(request, requestId, credential);
    if (credential === 'unreadable' || credential.kind !== 'session' || answer.kind !== 'refused') return answer;
    // A browser sends a cookie automatically: without access control, an invalid one is ignored.
    if (!isConfigured) return local(request, requestId);
    return answer.status === 401 ? { ...NOT_SHOWN, message: answer.message } : answer;
  };

  return {
    /** False: every request is from the local caller. */
    isConfigured,
    authenticate,
    addressOf,
    /** Verifies a token that did not come in the header, for a sign-in. */
    proveToken: (request: IncomingMessage, requestId: string, text: string) =>
      prove(request, requestId, credentialFrom('bearer', text)),
    /** Returns a refusal if the request's address is blocked; else undefined. */
    refuseUnseen(request: IncomingMessage): Refused | undefined {
      const blockedMs = guessing.blockedFor(addressOf(request));
      return blockedMs > 0 ? throttled(blockedMs) : undefined;
    },
    /** Counts a failed sign-in from this address as a guess. */
    failed(request: IncomingMessage): void {
      guessing.failed(addressOf(request));
      failures.inc(1, { reason: 'unknown' });
    },
    /** Returns undefined for METRICS_TOKEN and for callers of all families, who may read metrics; else the refusal. */
    async mayScrape(request: IncomingMessage, requestId: string): Promise<Refused | undefined> {
      const credential = credentialOf(request, config.PUBLIC_URL);
      const isOurs =
        typeof credential === 'object' && credential.kind === 'bearer' && metricsToken.matches(credential.digest);
      if (isOurs && guessing.blockedFor(addressOf(request)) === 0) return undefined;
      const answer = await authenticate(request, requestId);
      if (answer.kind === 'refused') return answer;
      // Following a link to the metrics is allowed: the page with the link cannot read them.
      if (answer.isForeign && request.headers['sec-fetch-mode'] !== 'navigate')
        return refusalOf({ failure: 'forbidden', message: 'Another site requested the metrics in your name.' });
      // A configured METRICS_TOKEN is required even without access control.
      if (answer.caller.kind === 'local' && metricsToken.digest() !== undefined) return NOT_SHOWN;
      return answer.caller.familyId === null
        ? undefined
        : refusalOf({ failure: 'forbidden', message: 'The metrics are of all families; your token is bound to one.' });
    },
    async close(): Promise<void> {
      stopHearing();
      ends.close();
      await uses.settled();
    },
  };
}

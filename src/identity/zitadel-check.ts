/**
 * Checks the connection at start-up and at intervals: does Zitadel respond at the address, accept the token and
 * have the organization? Operators learn of a problem at once, not when the first account fails. A wrong
 * configuration is reported, so that no entry has to fail because of it, and a check confirms or denies a
 * configuration error that an entry met. Only the circuit's probe decides whether the provider has recovered.
 */
import { type Clock, systemClock } from '../clock.ts';
import type { Logger } from '../telemetry/logger.ts';
import type { TokenKind } from './access-token.ts';
import type { CallOptions, ConnectionChecked, ProviderFailure } from './provider.ts';

type CheckAnswer = ConnectionChecked | ProviderFailure;

export interface CheckResult {
  readonly at: Date;
  readonly isOk: boolean;
  /** The code of an error or a warning; null when all is well. */
  readonly code: string | null;
  readonly message: string;
}

/** What this node knows of the provider without a request. */
export interface ProviderStatus {
  readonly organizationId: string | null;
  readonly instanceHost: string | null;
  readonly lastCheck: CheckResult | null;
  /** The last 100 checks of this process, newest first. */
  readonly checks: readonly CheckResult[];
  /** Milliseconds. */
  readonly latencyP50: number | null;
  readonly latencyP95: number | null;
  readonly tokenKind: TokenKind;
  readonly tokenExpiresAt: Date | null;
}

export interface CheckOptions {
  readonly check: (options: CallOptions) => Promise<CheckAnswer>;
  readonly name: string;
  readonly url: string;
  /** Milliseconds that one check may take. */
  readonly timeoutMs: number;
  /** Milliseconds from the end of one check to the start of the next. */
  readonly intervalMs: number;
  /** The same after the first failed check; doubles with each further failure, up to `intervalMs`. */
  readonly retryMs: number;
  /** Called when the configuration is wrong in a way that the previous check did not show. */
  readonly onMisconfigured: (failure: ProviderFailure) => Promise<void>;
  readonly logger: Logger;
  /** The log level for a check that finds no problem. */
  readonly levelWhenOk: 'info' | 'debug';
  readonly clock?: Clock;
}

export interface ConnectionWatch {
  /** Resolves when the first check and its consequences are complete. */
  readonly first: Promise<unknown>;
  /** Null until the first check has ended. */
  last(): CheckResult | null;
  /** The last 100, newest first. */
  recent(): readonly CheckResult[];
  /** Checks now, or joins the check in progress; undefined when the check did not complete. */
  checkNow(): Promise<CheckAnswer | undefined>;
  /**
   * Confirms a configuration error that an entry has just met. Waits for a check in progress; if there is none, or
   * it does not find a configuration error, checks once more. Concurrent callers share one check at a time.
   */
  confirm(): Promise<CheckAnswer | undefined>;
  /** Aborts the check in progress and stops the timer. */
  stop(): Promise<void>;
}

/** At the usual interval, a working day's checks; while it fails and checks are more frequent, an hour's or more. */
const KEPT_CHECKS = 100;

/** Checks at once and then at each interval after the last check, with a timer that does not keep the process alive. */
export function watchConnection(options: CheckOptions): ConnectionWatch {
  const { check, name, url, timeoutMs, intervalMs, retryMs, onMisconfigured, logger, clock = systemClock } = options;
  const stopping = new AbortController();
  let recent: readonly CheckResult[] = [];
  const last = (): CheckResult | null => recent[0] ?? null;
  let timer: NodeJS.Timeout | undefined;
  let inHand: Promise<CheckAnswer | undefined> | undefined;
  let failedInARow = 0;

  async function run(): Promise<CheckAnswer | undefined> {
    const signal = AbortSignal.any([stopping.signal, AbortSignal.timeout(timeoutMs)]);
    const answer = await check({ signal, timeoutMs });
    if (stopping.signal.aborted) return undefined;
    const before = last();
    const found = { at: clock.now(), ...describe(answer, url) };
    recent = [found, ...recent].slice(0, KEPT_CHECKS);
    // A repeated result is not logged.
    if (before?.code === found.code && before.isOk === found.isOk) return answer;
    const fields = { provider: name, url, code: found.code ?? undefined };
    if (found.code === null) logger[options.levelWhenOk](fields, found.message);
    else logger.warn(fields, `Check of the identity provider: ${found.message}`);
    if (isMisconfigured(answer)) await onMisconfigured(answer);
    return answer;
  }

  function checkNow(): Promise<CheckAnswer | undefined> {
    inHand ??= run()
      .catch((error: unknown) => {
        logger.warn({ err: error }, 'The check of the identity provider failed');
        return undefined;
      })
      .finally(() => {
        inHand = undefined;
        arm();
      });
    return inHand;
  }

  /** Sets the timer from the end of the last check, whether the timer or a caller started that check. */
  function arm(): void {
    clearTimeout(timer);
    if (stopping.signal.aborted) return;
    failedInARow = last()?.isOk === true ? 0 : failedInARow + 1;
    // The problem may be fixed at any moment, and the operator who fixes it wants to see that soon.
    const waitMs = failedInARow === 0 ? intervalMs : Math.min(retryMs * 2 ** (failedInARow - 1), intervalMs);
    timer = setTimeout(() => void checkNow(), waitMs);
    timer.unref();
  }

  return {
    first: checkNow(),
    last,
    recent: () => recent,
    checkNow,
    async confirm() {
      const begunBefore = await inHand;
      return begunBefore !== undefined && isMisconfigured(begunBefore) ? begunBefore : checkNow();
    },
    async stop() {
      clearTimeout(timer);
      stopping.abort();
      await inHand;
    },
  };
}

const isMisconfigured = (answer: CheckAnswer): answer is ProviderFailure =>
  'class' in answer && answer.class === 'configuration';

function describe(answer: CheckAnswer, url: string): Omit<CheckResult, 'at'> {
  if (!('ok' in answer)) return { isOk: false, code: answer.code, message: answer.message };
  if (answer.warning !== undefined) return { isOk: true, ...answer.warning };
  return {
    isOk: true,
    code: null,
    message: `The identity provider answers at ${url} and accepts the token; accounts are created in the organization ${answer.organizationId}.`,
  };
}

/**
 * The start-up check, and its repetition: does Zitadel answer at the address, accept the token
 * and have the organization? People learn it at once, not when the first account fails. A wrong
 * configuration is handed on, so that no entry has to find it out, and what an entry takes for one
 * is confirmed here or not; whether the provider has recovered is the circuit's probe to say.
 */
import { type Clock, systemClock } from '../clock.ts';
import type { Logger } from '../telemetry/logger.ts';
import type { TokenKind } from './access-token.ts';
import type { CallOptions, ConnectionChecked, ProviderFailure } from './provider.ts';

type CheckAnswer = ConnectionChecked | ProviderFailure;

export interface CheckResult {
  readonly at: Date;
  readonly isOk: boolean;
  /** The error's code, or a warning's; null when all is well. */
  readonly code: string | null;
  readonly message: string;
}

/** What this node knows of the provider without asking it. */
export interface ProviderStatus {
  readonly organizationId: string | null;
  readonly instanceHost: string | null;
  readonly lastCheck: CheckResult | null;
  /** Newest first; of this process, the last 100. */
  readonly checks: readonly CheckResult[];
  /** Milliseconds. */
  readonly latencyP50: number | null;
  readonly latencyP95: number | null;
  readonly tokenKind: TokenKind;
  readonly tokenExpiresAt: Date | null;
}

export interface CheckOptions {
  readonly check: (options: CallOptions) => Promise<CheckAnswer>;
  /** For the log. */
  readonly name: string;
  readonly url: string;
  /** Milliseconds that one check may take. */
  readonly timeoutMs: number;
  /** Milliseconds from the end of one check to the next. */
  readonly intervalMs: number;
  /** The same after a first check that failed; doubled after each further one, up to the former. */
  readonly retryMs: number;
  /** The configuration is wrong in a way that the check before did not show. */
  readonly onMisconfigured: (failure: ProviderFailure) => Promise<void>;
  readonly logger: Logger;
  /** How loud it is to say that all is well. */
  readonly levelWhenOk: 'info' | 'debug';
  readonly clock?: Clock;
}

export interface ConnectionWatch {
  /** Resolves when the first check has ended and what follows from it is done. */
  readonly first: Promise<unknown>;
  /** Null before the first check has ended. */
  last(): CheckResult | null;
  /** The last 100, newest first. */
  recent(): readonly CheckResult[];
  /** Checks now, or joins the check in hand; undefined when it came to no end. */
  checkNow(): Promise<CheckAnswer | undefined>;
  /**
   * Says whether what somebody just saw is a wrong configuration: a check that began before and finds
   * one will do, and else another is made. However many ask, one check at a time is made.
   */
  confirm(): Promise<CheckAnswer | undefined>;
  /** Ends the check in hand and the timer. */
  stop(): Promise<void>;
}

/** At the usual interval a working day's; while it fails and is checked more often, an hour's or more. */
const KEPT_CHECKS = 100;

/** Checks at once and then at each interval after the last check, on a timer that does not hold the process. */
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
    // Repetitions that show nothing new are not worth a line.
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

  /** Whoever asked for the last check: the next one comes so long after it. */
  function arm(): void {
    clearTimeout(timer);
    if (stopping.signal.aborted) return;
    failedInARow = last()?.isOk === true ? 0 : failedInARow + 1;
    // What is wrong may be mended at any moment, and whoever does it wants to see that.
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

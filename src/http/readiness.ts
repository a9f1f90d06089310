/**
 * The readiness check: runs at most once a second for all callers, and responds within three seconds even
 * if a check hangs, since load balancers treat a timeout as a broken node.
 */

/** One condition of readiness. */
export interface ReadinessCheck {
  readonly name: string;
  /** Resolves to the problem, or undefined. */
  check(): Promise<string | undefined>;
}

export interface Readiness {
  readonly isReady: boolean;
  /** For the name of each check: the problem, or `ok`. */
  readonly checks: Readonly<Record<string, string>>;
}

const KEPT_MS = 1_000;
const PATIENCE_MS = 2_500;
/** A check that hangs is not started again before this time. */
const LOST_AFTER_MS = 15_000;

/** Returns a function that runs the checks, shared by all callers; `patienceMs` is the timeout of each check. */
export function shareReadiness(checks: readonly ReadinessCheck[], patienceMs = PATIENCE_MS): () => Promise<Readiness> {
  const bounded = checks.map((one) => ({ name: one.name, check: withinPatience(one, patienceMs) }));
  const read = async (): Promise<Readiness> => {
    const found = await Promise.all(bounded.map(async ({ name, check }) => [name, await check()] as const));
    return {
      isReady: found.every(([, problem]) => problem === undefined),
      checks: Object.fromEntries(found.map(([name, problem]) => [name, problem ?? 'ok'])),
    };
  };
  let reading: Promise<Readiness> | undefined;
  return () => {
    reading ??= read().finally(() => {
      setTimeout(() => {
        reading = undefined;
      }, KEPT_MS).unref();
    });
    return reading;
  };
}

function withinPatience({ check }: ReadinessCheck, patienceMs: number): ReadinessCheck['check'] {
  let underWay: { readonly problem: Promise<string | undefined>; readonly since: number } | undefined;
  const begin = () => {
    const begun = {
      problem: check()
        .catch(() => 'cannot be checked')
        .finally(() => {
          if (underWay === begun) underWay = undefined;
        }),
      since: performance.now(),
    };
    return begun;
  };
  return async () => {
    if (underWay === undefined || performance.now() - underWay.since > LOST_AFTER_MS) underWay = begin();
    let timer: NodeJS.Timeout | undefined;
    const silence = new Promise<string>((resolve) => {
      timer = setTimeout(() => resolve('does not answer'), patienceMs);
    });
    return Promise.race([underWay.problem, silence]).finally(() => clearTimeout(timer));
  };
}

/**
 * Whether the node is ready, found out once a second at the most however many ask, and told within three
 * seconds whatever hangs: load balancers take a silence for a broken node, and anybody may ask.
 */

/** One thing that must be true for the node to be ready. */
export interface ReadinessCheck {
  readonly name: string;
  /** Resolves to what is wrong, or undefined. */
  check(): Promise<string | undefined>;
}

export interface Readiness {
  readonly isReady: boolean;
  /** What is wrong, or `ok`, by the name of each check. */
  readonly checks: Readonly<Record<string, string>>;
}

const KEPT_MS = 1_000;
const PATIENCE_MS = 2_500;
/** A check that hangs is not begun again meanwhile; after so long it is taken for lost. */
const LOST_AFTER_MS = 15_000;

/** Makes the reading that all share; `patienceMs` is how long a check may take. */
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

/**
 * Refusals in the audit trail. A caller's first refused requests in a minute get an audit entry each; further
 * ones are counted and written as one entry at the end of the minute, so that a caller cannot flood the
 * trail, which by default is kept for ever, with things that never happened.
 */
import type { Act } from '../work/audit-trail.ts';
import type { Caller } from '../work/caller.ts';
import type { Services } from '../work/context.ts';
import { logActs } from '../work/unit.ts';

/** Separate audit entries for each caller and minute, on each node. */
export const DENIALS_PER_MINUTE = 10;

interface Denial {
  readonly caller: Caller;
  /** What was refused, without duplicates: the mutations of one document, or a path's action. */
  readonly actions: readonly string[];
  readonly reason: string;
  readonly after?: Readonly<Record<string, unknown>>;
}

export interface Denials {
  /** Writes or counts a refused request. Rethrows errors of the database. */
  record(denial: Denial): Promise<void>;
  /** Writes the requests that were only counted so far. */
  close(): Promise<void>;
}

/** The refusals of one caller within a minute. */
interface Minute {
  entries: number;
  counted: Counted | undefined;
  timer: NodeJS.Timeout;
}

interface Counted {
  /** The caller of the latest request, with its request id and address. */
  caller: Caller;
  requestCount: number;
  readonly actions: Record<string, number>;
  readonly from: string;
  to: string;
}

const MINUTE_MS = 60_000;
/** The action of an entry about one request with several mutations; `after` names them. */
const SEVERAL = 'severalMutations';
const FURTHER = 'furtherDenials';

export function createDenials({ db, trail, logger }: Pick<Services, 'db' | 'trail' | 'logger'>): Denials {
  const minutes = new Map<string, Minute>();

  const write = async ({ caller, actions, reason, after }: Denial): Promise<void> => {
    const [only, ...others] = actions;
    const isOne = only !== undefined && others.length === 0;
    const act: Act = {
      caller,
      action: isOne ? only : SEVERAL,
      outcome: 'denied',
      familyId: caller.familyId,
      reason,
      after: isOne ? after : { ...after, mutations: actions },
    };
    await trail.record(db, act);
    logActs(logger, [act]);
  };
  const writeCounted = ({ caller, requestCount, actions, from, to }: Counted): Promise<void> =>
    write({
      caller,
      actions: [FURTHER],
      reason: `${requestCount} more of this caller's requests were refused within a minute that has ${DENIALS_PER_MINUTE} entries of refusals already.`,
      after: { requestCount, actions, from, to },
    });
  const arm = (id: string): NodeJS.Timeout => setTimeout(() => void end(id), MINUTE_MS).unref();
  const end = async (id: string): Promise<void> => {
    const minute = minutes.get(id);
    if (minute === undefined) return;
    const { counted } = minute;
    minutes.delete(id);
    if (counted === undefined) return;
    try {
      await writeCounted(counted);
    } catch (error) {
      logger.warn({ err: error, actor: counted.caller.name }, 'Refusals could not be written down; it is tried again');
      keep(id, counted);
    }
  };
  /** Puts back the count that could not be written, merged with what was counted meanwhile. */
  const keep = (id: string, counted: Counted): void => {
    const minute = minutes.get(id) ?? { entries: 0, counted: undefined, timer: arm(id) };
    minutes.set(id, minute);
    minute.counted = minute.counted === undefined ? counted : merged(counted, minute.counted);
  };

  return {
    async record(denial) {
      const { id } = denial.caller;
      const minute = minutes.get(id) ?? { entries: 0, counted: undefined, timer: arm(id) };
      minutes.set(id, minute);
      if (minute.entries < DENIALS_PER_MINUTE) {
        minute.entries++;
        return write(denial);
      }
      const one = countedOf(denial);
      minute.counted = minute.counted === undefined ? one : merged(minute.counted, one);
    },
    async close() {
      for (const { timer } of minutes.values()) clearTimeout(timer);
      await Promise.all([...minutes.keys()].map(end));
      for (const { timer } of minutes.values()) clearTimeout(timer);
    },
  };
}

function countedOf({ caller, actions }: Denial): Counted {
  const now = new Date().toISOString();
  return { caller, requestCount: 1, actions: Object.fromEntries(actions.map((name) => [name, 1])), from: now, to: now };
}

function merged(earlier: Counted, later: Counted): Counted {
  const actions = { ...earlier.actions };
  for (const [name, count] of Object.entries(later.actions)) actions[name] = (actions[name] ?? 0) + count;
  const requestCount = earlier.requestCount + later.requestCount;
  return { caller: later.caller, requestCount, actions, from: earlier.from, to: later.to };
}

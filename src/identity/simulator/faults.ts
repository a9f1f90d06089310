/**
 * What can go wrong with an identity provider, to be ordered in tests and by hand: by number
 * of times, by rate, for one kind of call, for one account. The first fault of the list that
 * fits a request is played; a request that none fits is answered normally.
 */
import { z } from 'zod';

const AFTER_MADE = ['cut-after', 'hang-after', 'garbage', 'slow-body'] as const;

const matching = {
  /** Played so many times; left out: always. */
  times: z.int().positive().optional(),
  /** Played for this share of the fitting requests, 0 to 1; left out: for all. */
  rate: z.number().min(0).max(1).optional(),
  path: z.enum(['create', 'find', 'setPassword', 'check', 'token']).optional(),
  /** Fits only create: the other calls name no username. */
  username: z.string().optional(),
  userId: z.string().optional(),
};

const faultSchema = z.discriminatedUnion('kind', [
  /** `retryAfter`: seconds, or an HTTP date. */
  z.strictObject({
    kind: z.literal('429'),
    retryAfter: z.union([z.number(), z.string()]).optional(),
    /** `QUOTA-...` or `LIMITS-...`: Zitadel's own refusal instead of an edge's. */
    errorId: z.string().optional(),
    ...matching,
  }),
  z.strictObject({ kind: z.literal('503'), retryAfter: z.union([z.number(), z.string()]).optional(), ...matching }),
  /** A proxy's page. */
  z.strictObject({ kind: z.literal('html'), status: z.int().min(200).max(599).default(502), ...matching }),
  /** Never answers: before, or after the account was made. */
  z.strictObject({ kind: z.literal('hang'), ...matching }),
  z.strictObject({ kind: z.literal('hang-after'), ...matching }),
  /** The connection is cut: before, or after the account was made. */
  z.strictObject({ kind: z.literal('cut-before'), ...matching }),
  z.strictObject({ kind: z.literal('cut-after'), ...matching }),
  /** The account is made; the answer is 200 with unreadable bytes. */
  z.strictObject({ kind: z.literal('garbage'), ...matching }),
  z.strictObject({ kind: z.literal('401'), ...matching }),
  z.strictObject({ kind: z.literal('403'), ...matching }),
  /** `host`: Zitadel knows no instance for this host. `membership`: the token has no role. */
  z.strictObject({
    kind: z.literal('404'),
    cause: z.enum(['route', 'host', 'membership']).default('route'),
    ...matching,
  }),
  z.strictObject({ kind: z.literal('redirect'), location: z.string().default('https://example.org/'), ...matching }),
  /** Any answer of the user service by its Connect code. */
  z.strictObject({
    kind: z.literal('error'),
    code: z.enum(['unknown', 'internal', 'unavailable', 'invalid_argument', 'failed_precondition', 'already_exists']),
    errorId: z.string().optional(),
    /** The text; what a broken provider could say. */
    text: z.string().default('Errors.Simulated'),
    ...matching,
  }),
  /** Any refusal of the token endpoint by its OAuth code; fits nothing else. */
  z.strictObject({
    kind: z.literal('oauth-error'),
    error: z.string().default('invalid_grant'),
    status: z.int().min(400).max(599).default(400),
    ...matching,
  }),
  /** Milliseconds until the work is begun; then the normal answer. */
  z.strictObject({ kind: z.literal('slow'), delayMs: z.number().nonnegative(), ...matching }),
  /** The work is done and the answer begun at once; its end comes after `delayMs`, or never. */
  z.strictObject({ kind: z.literal('slow-body'), delayMs: z.number().nonnegative().optional(), ...matching }),
]);

export type Fault = z.infer<typeof faultSchema>;
/** As it is ordered: what has a default may be left out. */
export type FaultOrder = z.input<typeof faultSchema>;

export interface SimulatedCall {
  readonly path: 'create' | 'find' | 'setPassword' | 'check' | 'token';
  readonly username?: string;
  readonly userId?: string;
}

export interface Faults {
  /** Replaces the list. Throws ZodError for one that is not a list of faults. */
  set(orders: readonly FaultOrder[]): void;
  clear(): void;
}

/** True for faults that come after the work was done. */
export function isAfterMade(fault: Fault): boolean {
  return (AFTER_MADE as readonly string[]).includes(fault.kind);
}

/** A list of faults and the choice of the one to play; `random` gives 0 to 1. */
export function createFaultPlan(random: () => number = Math.random): Faults & {
  next(call: SimulatedCall): Fault | undefined;
} {
  let planned: { readonly fault: Fault; timesLeft: number }[] = [];
  return {
    set(orders) {
      const faults = z.array(faultSchema).parse(orders);
      planned = faults.map((fault) => ({ fault, timesLeft: fault.times ?? Number.POSITIVE_INFINITY }));
    },
    clear() {
      planned = [];
    },
    next(call) {
      for (const plan of planned) {
        if (plan.timesLeft === 0 || !fits(plan.fault, call)) continue;
        if (plan.fault.rate !== undefined && random() >= plan.fault.rate) continue;
        plan.timesLeft -= 1;
        return plan.fault;
      }
      return undefined;
    },
  };
}

function fits(fault: Fault, call: SimulatedCall): boolean {
  return (
    (fault.path === undefined || fault.path === call.path) &&
    (fault.kind !== 'oauth-error' || call.path === 'token') &&
    (fault.username === undefined || fault.username.toLowerCase() === call.username?.toLowerCase()) &&
    (fault.userId === undefined || fault.userId === call.userId)
  );
}

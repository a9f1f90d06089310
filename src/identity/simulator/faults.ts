/**
 * The faults that the simulator can play, set in tests or manually: a number of times, at a rate, for one
 * kind of call, for one account. The first fault of the list that matches a request is played; a request
 * without a match gets the normal response.
 */
import { z } from 'zod';

const AFTER_MADE = ['cut-after', 'hang-after', 'garbage', 'slow-body'] as const;

/** Play it after the account was created; left out: instead. */
const isAfterMade = z.boolean().optional();

const matching = {
  /** How many times it is played; left out: without limit. */
  times: z.int().positive().optional(),
  /** The share of matching requests for which it is played, 0 to 1; left out: all. */
  rate: z.number().min(0).max(1).optional(),
  path: z.enum(['create', 'find', 'setPassword', 'check', 'token']).optional(),
  /** Matches only create: the other calls have no username. */
  username: z.string().optional(),
  userId: z.string().optional(),
};

const faultSchema = z.discriminatedUnion('kind', [
  /** `retryAfter`: seconds, or an HTTP date. */
  z.strictObject({
    kind: z.literal('429'),
    retryAfter: z.union([z.number(), z.string()]).optional(),
    /** `QUOTA-...` or `LIMITS-...`: Zitadel's own refusal instead of a proxy's. */
    errorId: z.string().optional(),
    ...matching,
  }),
  z.strictObject({ kind: z.literal('503'), retryAfter: z.union([z.number(), z.string()]).optional(), ...matching }),
  /** A proxy's error page. */
  z.strictObject({
    kind: z.literal('html'),
    status: z.int().min(200).max(599).default(502),
    isAfterMade,
    ...matching,
  }),
  /** Never responds: before, or after the account was created. */
  z.strictObject({ kind: z.literal('hang'), ...matching }),
  z.strictObject({ kind: z.literal('hang-after'), ...matching }),
  /** Closes the connection: before, or after the account was created. */
  z.strictObject({ kind: z.literal('cut-before'), ...matching }),
  z.strictObject({ kind: z.literal('cut-after'), ...matching }),
  /** Creates the account; the response is 200 with unreadable bytes. */
  z.strictObject({ kind: z.literal('garbage'), ...matching }),
  z.strictObject({ kind: z.literal('401'), ...matching }),
  z.strictObject({ kind: z.literal('403'), ...matching }),
  /** `host`: Zitadel has no instance for this host. `membership`: the token has no role. */
  z.strictObject({
    kind: z.literal('404'),
    cause: z.enum(['route', 'host', 'membership']).default('route'),
    ...matching,
  }),
  z.strictObject({ kind: z.literal('redirect'), location: z.string().default('https://example.org/'), ...matching }),
  /** Any error of the user service, by its Connect code. */
  z.strictObject({
    kind: z.literal('error'),
    code: z.enum(['unknown', 'internal', 'unavailable', 'invalid_argument', 'failed_precondition', 'already_exists']),
    errorId: z.string().optional(),
    /** The error text, as a broken provider might send it. */
    text: z.string().default('Errors.Simulated'),
    isAfterMade,
    ...matching,
  }),
  /** Any error of the token endpoint, by its OAuth code; matches no other call. */
  z.strictObject({
    kind: z.literal('oauth-error'),
    error: z.string().default('invalid_grant'),
    status: z.int().min(400).max(599).default(400),
    ...matching,
  }),
  /** Milliseconds before the work starts; then the normal response. */
  z.strictObject({ kind: z.literal('slow'), delayMs: z.number().nonnegative(), ...matching }),
  /** Does the work and starts the response at once; its end is sent after `delayMs`, or never. */
  z.strictObject({ kind: z.literal('slow-body'), delayMs: z.number().nonnegative().optional(), ...matching }),
]);

export type Fault = z.infer<typeof faultSchema>;
/** A fault as input: fields with a default may be left out. */
export type FaultOrder = z.input<typeof faultSchema>;

export interface SimulatedCall {
  readonly path: 'create' | 'find' | 'setPassword' | 'check' | 'token';
  readonly username?: string;
  readonly userId?: string;
}

export interface Faults {
  /** Replaces the list. Throws a ZodError if it is not a list of faults. */
  set(orders: readonly FaultOrder[]): void;
  clear(): void;
}

/** True for faults that occur after the work was done. */
export function isPlayedAfter(fault: Fault): boolean {
  return (
    (AFTER_MADE as readonly string[]).includes(fault.kind) || ('isAfterMade' in fault && fault.isAfterMade === true)
  );
}

/** A list of faults that picks the one to play; `random` returns 0 to 1. */
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

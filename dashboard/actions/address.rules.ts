/**
 * Idempotency keys: the same input to the same mutation is the same intent, and has the same key, until a response has
 * arrived, no matter which button, menu or palette sends it.
 */
interface Intent {
  readonly key: string;
  /** Call it when a response has arrived: the same input is a new intent from then on. */
  readonly answered: () => void;
}

export type IntentOf = (mutation: string, input: object) => Intent;

export function createIntents(newKey: () => string): IntentOf {
  const unanswered = new Map<string, string>();
  return (mutation, input) => {
    const what = `${mutation} ${JSON.stringify(input)}`;
    const key = unanswered.get(what) ?? newKey();
    unanswered.set(what, key);
    return {
      key,
      answered: () => {
        if (unanswered.get(what) === key) unanswered.delete(what);
      },
    };
  };
}

/* A plan is reviewed before it is applied, on the queue's page, next to the entries themselves. */

interface PlanInput {
  readonly action?: unknown;
  readonly filter?: {
    readonly failureGroup?: unknown;
    readonly status?: unknown;
    readonly errorCode?: { readonly equals?: unknown } | null;
  } | null;
}

/** The address where a suggested bulk action is planned; undefined for any other mutation. */
export function planAddress(mutation: string, input: unknown): string | undefined {
  if (mutation !== 'planBulkAction' || typeof input !== 'object' || input === null) return undefined;
  const { action, filter } = input as PlanInput;
  const search = new URLSearchParams();
  if (typeof action === 'string') search.set('plan', action.toLowerCase().replaceAll('_', '-'));
  if (typeof filter?.failureGroup === 'string') search.set('failureGroup', filter.failureGroup);
  if (typeof filter?.errorCode?.equals === 'string') search.set('errorCode', filter.errorCode.equals);
  const states = Array.isArray(filter?.status) ? filter.status : [];
  for (const state of states) search.append('state', String(state));
  return `/queue?${search}`;
}

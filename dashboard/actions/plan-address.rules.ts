/** A plan is looked at before it is applied: the queue's page does that, over the entries themselves. */

interface PlanInput {
  readonly action?: unknown;
  readonly filter?: {
    readonly failureGroup?: unknown;
    readonly status?: unknown;
    readonly errorCode?: { readonly equals?: unknown } | null;
  } | null;
}

/** Where a proposed bulk action is planned; undefined for anything else. */
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

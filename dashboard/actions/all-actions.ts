/** Every action by its mutation, for the cures that the API suggests and for the command palette. */
import * as access from './access-actions.ts';
import type { AnyAction } from './action.ts';
import * as alerts from './alert-actions.ts';
import * as entries from './entry-actions.ts';
import * as events from './event-actions.ts';
import * as jobs from './job-actions.ts';
import * as provider from './provider-actions.ts';
import * as queue from './queue-actions.ts';

const ALL: readonly AnyAction[] = [entries, queue, jobs, provider, events, alerts, access].flatMap(
  (module) => Object.values(module) as AnyAction[],
);
const BY_MUTATION = new Map(ALL.map((one) => [one.mutation, one]));

/** Undefined for a mutation without an action in the dashboard. */
export const actionOf = (mutation: string): AnyAction | undefined => BY_MUTATION.get(mutation);

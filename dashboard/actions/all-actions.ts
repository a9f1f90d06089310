/** Every action by its mutation, for the cures that the API suggests and for the command palette. */

import * as access from '../access/access-actions.ts';
import * as alerts from '../alerts/alert-actions.ts';
import * as entries from '../entries/entry-actions.ts';
import * as queue from '../entries/queue-actions.ts';
import * as events from '../events/event-actions.ts';
import * as jobs from '../jobs/job-actions.ts';
import * as provider from '../provider/provider-actions.ts';
import type { AnyAction } from './action.ts';

const ALL: readonly AnyAction[] = [entries, queue, jobs, provider, events, alerts, access].flatMap(
  (module) => Object.values(module) as AnyAction[],
);
const BY_MUTATION = new Map(ALL.map((one) => [one.mutation, one]));

/** Undefined for a mutation without an action in the dashboard. */
export const actionOf = (mutation: string): AnyAction | undefined => BY_MUTATION.get(mutation);

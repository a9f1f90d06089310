/** The user's own views, stored in this browser only. */
import { keptAs } from '../ui/kept.ts';
import { readViews } from './views.rules.ts';

export const { get: ownViews, set: keepViews, use: useOwnViews } = keptAs('family-hub-jobs.queue-views', readViews);

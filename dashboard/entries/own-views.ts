/** One's own views, kept in this browser alone. */
import { keptAs } from '../ui/kept.ts';
import { readViews } from './views.rules.ts';

export const { get: ownViews, set: keepViews, use: useOwnViews } = keptAs('family-hub-jobs.queue-views', readViews);

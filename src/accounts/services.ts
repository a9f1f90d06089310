/** The services that this slice adds to a node. */
import type { Batcher } from '../database/batcher.ts';
import type { createInserts } from './enqueue.ts';
import type { Explanation } from './insight/explained.rules.ts';
import type { EntryToExplain } from './insight/explanation.ts';
import type { QueueForecast } from './insight/queue-forecast.ts';

declare module '../work/context.ts' {
  interface Services {
    /** Inserts new entries; those that arrive together share one statement. */
    readonly inserts: ReturnType<typeof createInserts>;
    /** Explains entries; requests at the same moment share their queries. */
    readonly explanations: Batcher<EntryToExplain, Explanation>;
    /** Loads the queue's forecast; concurrent callers share one query. */
    readonly forecast: () => Promise<QueueForecast>;
  }
}

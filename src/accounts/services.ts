/** What this slice adds to the services of a node. */
import type { Batcher } from '../database/batcher.ts';
import type { createInserts } from './enqueue.ts';
import type { Explanation } from './insight/explained.rules.ts';
import type { EntryToExplain } from './insight/explanation.ts';
import type { QueueForecast } from './insight/queue-forecast.ts';

declare module '../work/context.ts' {
  interface Services {
    /** The way of new entries into the queue. */
    readonly inserts: ReturnType<typeof createInserts>;
    /** Explains entries; those asked for at the same moment share what is read. */
    readonly explanations: Batcher<EntryToExplain, Explanation>;
    /** What becomes due when; read once for all who ask meanwhile. */
    readonly forecast: () => Promise<QueueForecast>;
  }
}

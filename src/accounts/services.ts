import type { createInserts } from './enqueue.ts';

declare module '../work/context.ts' {
  interface Services {
    /** The way of new entries into the queue. */
    readonly inserts: ReturnType<typeof createInserts>;
  }
}

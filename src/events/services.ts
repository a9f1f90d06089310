/** What this slice adds to the services of a node. */
import type { ChangeFeed } from './changes/change-feed.ts';
import type { Deliverer } from './webhooks/deliverer.ts';

declare module '../work/context.ts' {
  interface Services {
    /** What subscribers on this node get. */
    readonly feed: ChangeFeed;
    readonly deliverer: Deliverer;
  }
}

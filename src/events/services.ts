/** The services that this slice adds to a node. */
import type { ChangeFeed } from './changes/change-feed.ts';
import type { Deliverer } from './webhooks/deliverer.ts';

declare module '../work/context.ts' {
  interface Services {
    /** Serves the subscribers on this node. */
    readonly feed: ChangeFeed;
    readonly deliverer: Deliverer;
  }
}

import type { ChangeFeed } from './changes/change-feed.ts';

declare module '../work/context.ts' {
  interface Services {
    /** What subscribers on this node get. */
    readonly feed: ChangeFeed;
  }
}

/** What this slice adds to the services of a node. */
import type { KeyRing } from './key-ring.ts';

declare module '../work/context.ts' {
  interface Services {
    readonly keyRing: KeyRing;
  }
}

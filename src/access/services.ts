/** What this slice adds to the services of a node. */
import type { Audit } from './audit/audit.ts';
import type { Denials } from './denials.ts';

declare module '../work/context.ts' {
  interface Services {
    /** Verifies, anchors, exports and prunes the audit trail; `trail` writes it. */
    readonly audit: Audit;
    readonly denials: Denials;
  }
}

/** What the slices add to the services of a node. */
import type { Audit } from './access/audit/audit.ts';
import type { Denials } from './access/denials.ts';
import type { createInserts } from './accounts/enqueue.ts';
import type { createExplanations } from './accounts/insight/explanation.ts';
import type { createForecast } from './accounts/insight/queue-forecast.ts';
import type { ChangeFeed } from './events/changes/change-feed.ts';
import type { Deliverer } from './events/webhooks/deliverer.ts';
import type { IdentityProvider } from './identity/provider.ts';
import type { CheckResult, ProviderStatus } from './identity/zitadel-check.ts';
import type { Job } from './jobs/job.ts';
import type { Scheduler } from './jobs/scheduler.ts';
import type { createScheduleExplanations } from './jobs/schedules/schedule-explanation.ts';
import type { KeyRing } from './sealing/key-ring.ts';

declare module './work/context.ts' {
  interface Services {
    readonly keyRing: KeyRing;
    readonly provider: IdentityProvider & { status?(): ProviderStatus; checkNow?(): Promise<CheckResult | null> };
    /** Verifies, anchors, exports and prunes the audit trail; `trail` writes it. */
    readonly audit: Audit;
    readonly denials: Denials;
    /** Serves the subscribers on this node. */
    readonly feed: ChangeFeed;
    readonly deliverer: Deliverer;
    readonly jobs: readonly Job[];
    readonly scheduler: Scheduler;
    readonly scheduleExplanations: ReturnType<typeof createScheduleExplanations>;
    /** Inserts new entries; those that arrive together share one statement. */
    readonly inserts: ReturnType<typeof createInserts>;
    /** Explains entries; requests at the same moment share their queries. */
    readonly explanations: ReturnType<typeof createExplanations>;
    /** Loads the queue's forecast; concurrent callers share one query. */
    readonly forecast: ReturnType<typeof createForecast>;
  }
}

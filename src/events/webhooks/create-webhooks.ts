/** Puts webhooks together: the outbox's target, this node's deliverer, and what the API does. */
import type { Acts } from '../../access/acts.ts';
import type { Config } from '../../config/config.ts';
import type { Database } from '../../database/database.ts';
import type { KeyRing } from '../../sealing/key-ring.ts';
import type { Logger } from '../../telemetry/logger.ts';
import type { Notices } from '../../work/notices.ts';
import { DEFAULT_SOURCE } from '../outbox/cloud-event.rules.ts';
import { createDeliverer } from './deliverer.ts';
import { createDeliveryOperations } from './delivery-operations.ts';
import { parseNetwork } from './ip-address.rules.ts';
import type { Outcome } from './outcome.rules.ts';
import { createResolver, type Resolve } from './resolve.ts';
import { createWebhookTarget } from './target.ts';
import { createWebhookOperations } from './webhook-operations.ts';

export interface WebhooksOptions {
  readonly config: Config;
  readonly db: Database;
  readonly acts: Acts;
  readonly keyRing: KeyRing;
  readonly notices: Notices;
  readonly nodeId: string;
  readonly logger: Logger;
  /** Told of each attempt that ended. */
  observe?(outcome: Outcome, durationMs: number): void;
  /** Instead of the system's name servers. */
  readonly resolve?: Resolve;
}

/** An attempt ends well within its lease. */
const LEASE_PER_TIMEOUT = 2;

/** `deliverer` does nothing until `begin`. */
export function createWebhooks({
  config,
  db,
  acts,
  keyRing,
  notices,
  nodeId,
  logger,
  observe,
  ...rest
}: WebhooksOptions) {
  const resolve = createResolver(rest.resolve);
  const source = config.PUBLIC_URL?.replace(/\/+$/, '') ?? DEFAULT_SOURCE;
  const leaseMs = Math.max(config.LEASE_DURATION, LEASE_PER_TIMEOUT * config.WEBHOOK_TIMEOUT);
  const policy = {
    isHttpAllowed: config.WEBHOOK_ALLOW_HTTP === 'true',
    allowedNetworks: (config.WEBHOOK_ALLOWED_NETWORKS ?? []).flatMap((text) => parseNetwork(text) ?? []),
  };
  const deliverer = createDeliverer({
    db,
    acts,
    keyRing,
    notices,
    nodeId,
    logger,
    observe,
    resolve,
    policy,
    leaseMs,
    timeoutMs: config.WEBHOOK_TIMEOUT,
    concurrency: config.WEBHOOK_CONCURRENCY,
    windowMs: config.WEBHOOK_RETRY_WINDOW,
    disableAfterMs: config.WEBHOOK_DISABLE_AFTER,
  });
  const overlapMs = config.WEBHOOK_SECRET_OVERLAP;
  return {
    target: createWebhookTarget(source),
    tools: {
      webhooks: createWebhookOperations({ acts, keyRing, notices, resolve, policy, overlapMs }),
      deliveries: createDeliveryOperations({
        db,
        acts,
        digester: keyRing,
        notices,
        deliverer,
        nodeId,
        leaseMs,
        source,
      }),
    },
    /** From now on this node delivers. */
    begin(): void {
      notices.on({ webhooks: deliverer.wake });
      deliverer.wake();
    },
    /** At each heartbeat: what a notice was lost for, and what a killed node had leased. */
    beat: (): void => deliverer.beat(),
    stop: (timeoutMs: number): Promise<void> => deliverer.stop(timeoutMs),
  };
}

/**
 * Opens the identity provider: Zitadel, or the simulator in this process, both through the same adapter.
 * Checks it regularly, so that a wrong URL or token is reported at start.
 */

import { systemClock } from '../clock.ts';
import type { Config } from '../config/config.ts';
import { providerOf } from '../config/rules.ts';
import type { Database } from '../database/database.ts';
import { failureOf } from '../diagnosis/failure-messages.ts';
import { definitionOf } from '../diagnosis/failures.ts';
import { type AccessToken, personalAccessToken, tokenFromFile } from '../identity/access-token.ts';
import { issuerOf } from '../identity/access-token-key.rules.ts';
import { tokenFromKey } from '../identity/access-token-key.ts';
import { ensureCircuit, loadCircuit } from '../identity/circuit.ts';
import { openMisconfigured } from '../identity/circuit-control.ts';
import { createCallMeter } from '../identity/latency.ts';
import type { IdentityProvider } from '../identity/provider.ts';
import { loadFaultOrder } from '../identity/simulator/fault-order.ts';
import { startSimulator } from '../identity/simulator/simulator.ts';
import { createZitadelProvider } from '../identity/zitadel.ts';
import { type CheckResult, type ProviderStatus, watchConnection } from '../identity/zitadel-check.ts';
import type { ZitadelOptions } from '../identity/zitadel-client.ts';
import type { ServerMetrics } from '../metrics.ts';
import type { Logger } from '../telemetry/logger.ts';
import { within } from '../within.ts';
import type { Services } from '../work/context.ts';

/** How long a start waits for the first check, which continues in the background. */
const WAIT_FOR_CHECK_MS = 2_000;
const CHECK_EVERY_MS = 5 * 60_000;

export interface OpenedProvider extends IdentityProvider {
  /** Its current status, without a request. */
  status(): ProviderStatus;
  /** Checks it now, in addition to the timer; null if the server stops meanwhile. */
  checkNow(): Promise<CheckResult | null>;
}

/** Without `metrics`, calls are not counted. */
export type OpenProviderOptions = Pick<Services, 'config' | 'db' | 'logger' | 'notices' | 'trail'> & {
  readonly metrics?: ServerMetrics;
};

/**
 * Opens the configured provider and checks it: resolves when the first check is done, after at most
 * 2 s. A provider that fails the check is logged and shown, and never prevents the start.
 */
export async function openProvider(options: OpenProviderOptions): Promise<OpenedProvider> {
  const { config, db, logger, notices, metrics } = options;
  const meter = createCallMeter(metrics?.provider);
  const { zitadel, token, close } = await choose(config, db, logger);
  const adapter = createZitadelProvider({
    ...zitadel,
    getToken: token.get,
    concurrency: config.PROVIDER_CONCURRENCY,
    emailDomain: config.ACCOUNT_EMAIL_DOMAIN,
    logger,
    measure: meter.measure,
  });
  await ensureCircuit(db, adapter.name);
  const watch = watchConnection({
    check: adapter.checkConnection,
    name: adapter.name,
    url: adapter.url,
    timeoutMs: config.PROVIDER_TIMEOUT,
    intervalMs: CHECK_EVERY_MS,
    retryMs: config.CIRCUIT_PROBE_INTERVAL,
    logger,
    // The simulator needs no check.
    levelWhenOk: token.kind === 'none' ? 'debug' : 'info',
    onMisconfigured: (failure) => openMisconfigured(options, adapter.name, failure),
  });
  await within(WAIT_FOR_CHECK_MS, watch.first);
  // All nodes share the circuit, but each has its own last check: if the two disagree, check again.
  const compare = async (): Promise<void> => {
    const { state, cause } = await loadCircuit(db, adapter.name);
    const isMisconfigured = state === 'open' && cause !== null && definitionOf(cause)?.class === 'configuration';
    const isOk = watch.last()?.isOk;
    if ((isMisconfigured && isOk === true) || (state === 'closed' && isOk === false)) await watch.checkNow();
  };
  const unhear = notices.on({
    circuit: () =>
      void compare().catch((error: unknown) => db.outage.warn(error, 'The circuit could not be read after a change')),
  });

  return {
    ...adapter,
    status() {
      const { p50, p95 } = meter.latency();
      return {
        organizationId: adapter.organizationId() ?? null,
        instanceHost: zitadel.instanceHost ?? null,
        lastCheck: watch.last(),
        checks: watch.recent(),
        latencyP50: p50,
        latencyP95: p95,
        tokenKind: token.kind,
        tokenExpiresAt: token.expiresAt(),
      };
    },
    async checkNow() {
      await watch.checkNow();
      return watch.last();
    },
    /** Uses the watch, so that a check caused by an entry is also shown as the last check. */
    async checkConnection({ signal }) {
      const found = await Promise.race([watch.confirm(), aborted(signal)]);
      return found ?? failureOf('PROVIDER_TIMEOUT');
    },
    async close() {
      unhear();
      await watch.stop();
      await adapter.close();
      await close();
    },
  };
}

/** Resolves when the signal aborts. */
const aborted = (signal: AbortSignal): Promise<undefined> =>
  signal.aborted
    ? Promise.resolve(undefined)
    : new Promise((resolve) => signal.addEventListener('abort', () => resolve(undefined), { once: true }));

interface Choice {
  readonly zitadel: Pick<ZitadelOptions, 'name' | 'url' | 'organizationId' | 'instanceHost'>;
  readonly token: AccessToken;
  close(): Promise<void>;
}

async function choose(config: Config, db: Database, logger: Logger): Promise<Choice> {
  if (providerOf(config) === 'zitadel') {
    return {
      zitadel: {
        name: 'zitadel',
        url: config.ZITADEL_URL ?? '',
        organizationId: config.ZITADEL_ORGANIZATION_ID,
        instanceHost: config.ZITADEL_INSTANCE_HOST,
      },
      token: tokenOf(config),
      close: async () => undefined,
    };
  }
  const simulator = await startSimulator({ db, logger });
  const { fault, changedBy } = await loadFaultOrder(db);
  if (fault !== 'none')
    logger.warn({ fault, changedBy }, 'The simulator has a fault turned on; setSimulatorFault turns it off');
  return {
    zitadel: { name: 'simulator', url: simulator.url, organizationId: simulator.organizationId },
    token: { kind: 'none', get: () => simulator.token, expiresAt: () => null },
    close: simulator.close,
  };
}

function tokenOf(config: Config): AccessToken {
  if (config.ZITADEL_KEY_FILE !== undefined) {
    const issuer = issuerOf(config.ZITADEL_URL ?? '', config.ZITADEL_INSTANCE_HOST);
    return tokenFromKey({ path: config.ZITADEL_KEY_FILE, issuer, clock: systemClock });
  }
  if (config.ZITADEL_TOKEN_FILE !== undefined) return tokenFromFile(config.ZITADEL_TOKEN_FILE);
  return personalAccessToken(config.ZITADEL_TOKEN ?? '');
}

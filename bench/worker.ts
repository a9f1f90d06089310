/** A node’s worker in a benchmark’s setting, with everything that a real one has: circuit, limits, notices, metrics. */
import { createWorker } from '../src/accounts/worker.ts';
import type { Database } from '../src/database/database.ts';
import { ensureCircuit } from '../src/identity/circuit.ts';
import { createZitadelProvider } from '../src/identity/zitadel.ts';
import type { KeyRing } from '../src/sealing/key-ring.ts';
import { silentLogger } from '../src/telemetry/logger.ts';
import { type Notices, openNotices } from '../src/work/notices.ts';
import { testContext } from '../test/support/context.ts';

export interface BenchWorker {
  readonly notices: Notices;
  wake(): void;
  attemptsInHand(): number;
  stop(): Promise<void>;
}

export interface WorkerSetting {
  readonly db: Database;
  readonly url: string;
  readonly keyRing: KeyRing;
  readonly nodeId: string;
  readonly providerUrl: string;
}

export async function startWorker(setting: WorkerSetting, concurrency: number): Promise<BenchWorker> {
  const { db, url, keyRing, nodeId, providerUrl } = setting;
  const logger = silentLogger;
  const provider = createZitadelProvider({
    name: 'bench',
    url: providerUrl,
    organizationId: 'o',
    emailDomain: 'noemail.example',
    getToken: () => 'token',
    concurrency,
    logger,
  });
  await ensureCircuit(db, provider.name);
  const notices = await openNotices({ db, directUrl: url, logger });
  const worker = createWorker(
    testContext({
      db,
      provider,
      keyRing,
      notices,
      nodeId,
      config: { PROVIDER_TIMEOUT: 10_000, LEASE_DURATION: 30_000, PROVIDER_CONCURRENCY: concurrency },
    }),
  );
  const stopListening = notices.on({ work: worker.wake, circuit: worker.reconsider });
  return {
    notices,
    wake: worker.wake,
    attemptsInHand: worker.attemptsInHand,
    async stop() {
      stopListening();
      await worker.stop(1_000);
      await notices.close();
      await provider.close();
    },
  };
}

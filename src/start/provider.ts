/** Which identity provider: Zitadel, or the simulator in this process, both behind the same adapter. */
import { readFile } from 'node:fs/promises';
import { type Config, providerOf } from '../config.ts';
import type { Database } from '../database/database.ts';
import type { IdentityProvider } from '../identity/provider.ts';
import { startSimulator } from '../identity/simulator/simulator.ts';
import { createZitadelProvider } from '../identity/zitadel.ts';
import type { Logger } from '../telemetry/logger.ts';

/** Opens the provider that the configuration names. */
export async function openProvider(config: Config, db: Database, logger: Logger): Promise<IdentityProvider> {
  const shared = { concurrency: config.PROVIDER_CONCURRENCY, emailDomain: config.ACCOUNT_EMAIL_DOMAIN, logger };
  if (providerOf(config) === 'zitadel') {
    return createZitadelProvider({
      ...shared,
      name: 'zitadel',
      url: config.ZITADEL_URL ?? '',
      organizationId: config.ZITADEL_ORGANIZATION_ID,
      instanceHost: config.ZITADEL_INSTANCE_HOST,
      getToken: tokenOf(config),
    });
  }
  const simulator = await startSimulator({ db, logger });
  const adapter = createZitadelProvider({
    ...shared,
    name: 'simulator',
    url: simulator.url,
    organizationId: simulator.organizationId,
    getToken: () => simulator.token,
  });
  return {
    ...adapter,
    async close() {
      await adapter.close();
      await simulator.close();
    },
  };
}

/** The token: from the setting, or from its file, read again when Zitadel refused the one it held. */
function tokenOf({ ZITADEL_TOKEN, ZITADEL_TOKEN_FILE }: Config): (refused?: string) => string | Promise<string> {
  if (ZITADEL_TOKEN_FILE === undefined) return () => (ZITADEL_TOKEN ?? '').trim();
  let held: string | undefined;
  return async (refused) => {
    if (held === undefined || held === refused) held = (await readFile(ZITADEL_TOKEN_FILE, 'utf8')).trim();
    return held;
  };
}

/** Puts access control together: who is let in, the sign-in of browsers, and the tokens' operations. */
import type { Clock } from '../clock.ts';
import type { Config } from '../config/config.ts';
import type { Database } from '../database/database.ts';
import type { ServerMetrics } from '../metrics.ts';
import type { Logger } from '../telemetry/logger.ts';
import type { Notices } from '../work/notices.ts';
import type { Acts } from './acts.ts';
import { createAuthenticator } from './authentication/authenticator.ts';
import { issuerRulesOf } from './authentication/verifier.ts';
import { createDenials } from './denials.ts';
import type { Digester } from './idempotency.ts';
import { createCodeFlow } from './oidc/code-flow.ts';
import { createSignIn } from './sessions/sign-in.ts';
import { createTokenOperations } from './tokens/token-operations.ts';

export interface AccessOptions {
  readonly config: Config;
  readonly db: Database;
  readonly acts: Acts;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: ServerMetrics['access'];
  readonly notices: Pick<Notices, 'on' | 'notify'>;
  readonly digester: Digester;
}

/** Throws StartError when a file of a secret cannot be used. Close it before the database. */
export function createAccessControl(options: AccessOptions) {
  const { config, acts, clock, logger, notices, digester } = options;
  const authenticator = createAuthenticator(options);
  const denials = createDenials({ acts, logger });
  return {
    authenticator,
    denials,
    tokens: createTokenOperations({ acts, clock, notices, digester }),
    /** The paths `/sign-in`, `/sign-out` and what belongs to them. */
    routes: createSignIn({
      config,
      acts,
      authenticator,
      codeFlow: createCodeFlow(config, issuerRulesOf(config, digester), logger),
      notices,
      logger,
    }),
    async close(): Promise<void> {
      await Promise.all([authenticator.close(), denials.close()]);
    },
  };
}

/** Assembles access control: authentication of requests, and the sign-in of browsers. */
import type { Services } from '../work/context.ts';
import { createAuthenticator } from './authentication/authenticator.ts';
import { issuerRulesOf } from './authentication/verifier.ts';
import { createCodeFlow } from './oidc/code-flow.ts';
import { createSignIn } from './sessions/sign-in.ts';

/** Throws StartError if a secret's file cannot be used. Close it before the database. */
export function createAccessControl(services: Services) {
  const { config, denials, logger } = services;
  const authenticator = createAuthenticator(services);
  return {
    authenticator,
    routes: createSignIn(services, authenticator, createCodeFlow(config, issuerRulesOf(services), logger)),
    async close(): Promise<void> {
      await Promise.all([authenticator.close(), denials.close()]);
    },
  };
}

/** The services that this slice adds to a node. */
import type { IdentityProvider } from './provider.ts';
import type { CheckResult, ProviderStatus } from './zitadel-check.ts';

declare module '../work/context.ts' {
  interface Services {
    readonly provider: IdentityProvider & { status?(): ProviderStatus; checkNow?(): Promise<CheckResult | null> };
  }
}

/** Whether the last check of the identity provider is still valid. */
import type { EnumOf } from '../graphql/graphql.ts';

/** True when the check is outdated, because the circuit has opened since. */
export const isBeforeOpening = (
  check: { readonly checkedAt: string } | null,
  { state, openedAt }: { readonly state: EnumOf<'CircuitState'>; readonly openedAt: string | null },
): boolean =>
  check !== null && state !== 'CLOSED' && openedAt !== null && Date.parse(check.checkedAt) < Date.parse(openedAt);

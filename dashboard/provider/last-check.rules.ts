/** What the last check of the identity provider still says. */
import type { EnumOf } from '../graphql/graphql.ts';

/** Whether it says nothing of how it is now: the circuit has opened since. */
export const isBeforeOpening = (
  check: { readonly checkedAt: string } | null,
  { state, openedAt }: { readonly state: EnumOf<'CircuitState'>; readonly openedAt: string | null },
): boolean =>
  check !== null && state !== 'CLOSED' && openedAt !== null && Date.parse(check.checkedAt) < Date.parse(openedAt);

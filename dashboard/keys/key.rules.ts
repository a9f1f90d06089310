/** Words for keys, and which keys can be retired. Pure. */

import type { EnumOf } from '../graphql/graphql.ts';

type Purpose = EnumOf<'EncryptionKeyPurpose'>;
type State = EnumOf<'EncryptionKeyState'>;

export const PURPOSE: Readonly<Record<Purpose, readonly [text: string, more: string]>> = {
  SEAL: ['Encrypts passwords', 'and the secrets of webhooks'],
  DIGEST: ['Compares repeated requests', 'by their idempotency keys'],
  AUDIT: ['Signs the audit trail', 'each audit entry is signed with it'],
};

/** Why a key cannot be retired; undefined if it can, unless values are still encrypted under it. */
export function whyNotRetire(purpose: Purpose, state: State): string | undefined {
  if (state === 'RETIRED') return 'It is already destroyed.';
  if (purpose !== 'SEAL') return 'It verifies existing records, so it is kept.';
  if (state === 'SUPERSEDED') return undefined;
  return 'It is the active key. Rotate first.';
}

export interface Step {
  readonly state: 'done' | 'next' | 'later';
  readonly text: string;
}

/** The number of values encrypted under a key: passwords of entries, and webhook secrets. */
export interface Sealed {
  readonly entries: number;
  readonly secrets: number;
}

/** The number of values encrypted under these keys, which prevent retiring them; undefined until counted. */
export function sealedUnder(
  keyIds: readonly string[],
  counts: ReadonlyMap<string, Sealed> | undefined,
): number | undefined {
  if (counts === undefined) return undefined;
  return keyIds.reduce((sum, keyId) => {
    const { entries, secrets } = counts.get(keyId) ?? { entries: 0, secrets: 0 };
    return sum + entries + secrets;
  }, 0);
}

interface Standing {
  readonly keys: readonly { readonly purpose: Purpose; readonly state: State }[];
  readonly isResealing: boolean;
  /** The number of values under superseded keys; undefined until counted. */
  readonly sealedUnderOld: number | undefined;
}

/** The three steps of a rotation, and which one is next. */
export function stepsOf({ keys, isResealing, sealedUnderOld }: Standing): readonly Step[] {
  const has = (one: State): boolean => keys.some(({ purpose, state }) => purpose === 'SEAL' && state === one);
  // The previous key counts as old once its successor is created, though it encrypts until that one is active.
  const hasOld = has('SUPERSEDED') || has('PENDING');
  const isMoved = has('SUPERSEDED') && !has('PENDING') && !isResealing && sealedUnderOld === 0;
  return [
    { text: 'Rotate: a new key encrypts from now on.', state: hasOld ? 'done' : 'next' },
    {
      text: 'Re-encrypt: replace the old key by the new one.',
      state: !hasOld ? 'later' : isMoved ? 'done' : 'next',
    },
    { text: 'Retire: the old key is destroyed.', state: isMoved ? 'next' : 'later' },
  ];
}

/** State of the form and the entries enqueued with it; both survive navigation. */
import type { Copied } from '../../../entries/enqueue-anew.rules.ts';
import type { AccountRole } from '../account.rules.ts';
import { guardLeaving, keep } from '../keep.ts';
import { NOBODY, type Who } from '../who-fields.tsx';
import { type Made, without } from './made.rules.ts';

interface Form {
  readonly who: Who;
  readonly username: string;
  readonly fullName: string;
  readonly role: AccountRole;
  readonly password: string;
  readonly runAt: string | undefined;
  /** Enqueued entries not dismissed yet, newest first. */
  readonly made: readonly Made[];
  /** The entry whose data filled the form. */
  readonly copiedFrom: string | undefined;
}

const EMPTY = { username: '', fullName: '', password: '', runAt: undefined, copiedFrom: undefined } as const;

export const form = keep<Form>({ ...EMPTY, who: NOBODY, role: 'MANAGED_ACCOUNT', made: [] });
guardLeaving(() => form.get().made.some(({ password }) => password !== null));

/** Fills the form from an entry that cannot succeed. Results with a password not yet dismissed stay visible. */
export function fillIn({ entryId, familyId, createdByUserId, username, fullName, role }: Copied): void {
  form.set({
    ...EMPTY,
    made: without(
      form.get().made.filter(({ password }) => password !== null),
      entryId,
    ),
    who: { familyId, familyName: '', createdByUserId },
    username,
    fullName,
    role: role === 'ADMIN' || role === 'MEMBER' ? role : 'MANAGED_ACCOUNT',
    copiedFrom: entryId,
  });
}

export const wasMade = (made: Made): void => form.set({ ...EMPTY, made: [made, ...form.get().made] });
export const putAway = (entryId: string): void => form.set({ made: without(form.get().made, entryId) });

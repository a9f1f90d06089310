/** What is being typed, and what was made by it before; both outlive the page. */
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
  /** What was enqueued and is not put away yet, the newest first. */
  readonly made: readonly Made[];
  /** The id of the entry that it was filled in from. */
  readonly copiedFrom: string | undefined;
}

const EMPTY = { username: '', fullName: '', password: '', runAt: undefined, copiedFrom: undefined } as const;

export const form = keep<Form>({ ...EMPTY, who: NOBODY, role: 'MANAGED_ACCOUNT', made: [] });
guardLeaving(() => form.get().made.some(({ password }) => password !== null));

/** Fills the form in from an entry that cannot succeed. Passwords that nobody has taken yet stay beside it. */
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

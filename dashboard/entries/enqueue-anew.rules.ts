/** An account that is enqueued anew instead of an entry that cannot succeed: what of it goes over, in the address. */

export interface EntryToCopy {
  readonly entryId: string;
  readonly username: string;
  readonly fullName: string;
  readonly role: string;
  readonly family: { readonly familyId: string } | null;
  readonly createdBy: { readonly userId: string } | null;
}

/** What the form begins with. Never a password: a new one is made or typed. */
export interface Copied {
  /** The entry that it is copied from. */
  readonly entryId: string;
  readonly familyId: string;
  readonly createdByUserId: string;
  readonly username: string;
  readonly fullName: string;
  readonly role: string;
}

const NAMES = {
  entryId: 'anew',
  familyId: 'family',
  createdByUserId: 'by',
  username: 'username',
  fullName: 'name',
  role: 'role',
} as const satisfies Record<keyof Copied, string>;

/** The form, filled in from the entry. */
export function anewAddress({ entryId, username, fullName, role, family, createdBy }: EntryToCopy): string {
  const search = new URLSearchParams({
    [NAMES.entryId]: entryId,
    [NAMES.familyId]: family?.familyId ?? '',
    [NAMES.createdByUserId]: createdBy?.userId ?? '',
    [NAMES.username]: username,
    [NAMES.fullName]: fullName,
    [NAMES.role]: role,
  });
  return `/enqueue?${search}`;
}

/** What an address fills in; undefined when it is for an empty form. */
export function copiedFrom(search: URLSearchParams): Copied | undefined {
  if (!search.has(NAMES.entryId)) return undefined;
  const text = (name: string): string => search.get(name) ?? '';
  return {
    entryId: text(NAMES.entryId),
    familyId: text(NAMES.familyId),
    createdByUserId: text(NAMES.createdByUserId),
    username: text(NAMES.username),
    fullName: text(NAMES.fullName),
    role: text(NAMES.role),
  };
}

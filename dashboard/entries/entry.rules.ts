/**
 * Enqueues an account again in place of an entry that cannot succeed: the address carries the entry's fields to the
 * form.
 */

export interface EntryToCopy {
  readonly entryId: string;
  readonly username: string;
  readonly fullName: string;
  readonly role: string;
  readonly family: { readonly familyId: string } | null;
  readonly createdBy: { readonly userId: string } | null;
}

/** The form's initial values. Never a password: a new one is generated or typed. */
export interface Copied {
  /** The entry that the values are copied from. */
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

/** The address of the form, filled in from the entry. */
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

/** The values that an address fills in; undefined for an empty form. */
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

/* The message of a failure group in readable words. Pure. */

const STANDS = /<(?:id|n|time|address|name)>/g;

/**
 * The API puts "<n>" and similar placeholders where the entries' messages differ. They become an ellipsis, as in any
 * quotation, since most of these messages quote the provider.
 */
export const messageInWords = (message: string): string => message.replace(STANDS, '…');

/** What was just enqueued: what there is to say of it, and of its password. */
import type { EnumOf } from '../../../graphql/graphql.ts';

export interface Made {
  readonly entryId: string;
  readonly username: string;
  readonly fullName: string;
  /** As the server made it; null when one was given, or when it can be shown no more. */
  readonly password: string | null;
  /** It was made by an earlier try whose answer did not arrive, and with it its password. */
  readonly isLost: boolean;
}

export const without = (made: readonly Made[], entryId: string): readonly Made[] =>
  made.filter((one) => one.entryId !== entryId);

type Status = EnumOf<'EntryStatus'>;

const HOW_IT_STANDS: Readonly<Record<Status, string>> = {
  PENDING: 'is queued',
  PROCESSING: 'is queued',
  COMPLETED: 'is created',
  FAILED: 'was not created',
  CANCELLED: 'is cancelled',
};

export const standing = (username: string, status: Status): string => `${username} ${HOW_IT_STANDS[status]}`;

interface Explained {
  readonly summary: string;
  readonly blockers: readonly { readonly message: string }[];
}

/** The summary with each blocker's message: of an entry that failed, the reason. */
export const whyItStandsSo = ({ summary, blockers }: Explained): string =>
  [summary, ...blockers.map(({ message }) => message)].join(' ');

/** What is to be done with a password that is shown this once. */
export function passwordAdvice(status: Status): { readonly tone: 'warn' | 'info'; readonly text: string } {
  if (status === 'FAILED' || status === 'CANCELLED')
    return {
      tone: 'info',
      text: 'The account does not exist, so its password is not in use. Copy it only if you want to retry the entry: it is shown only once.',
    };
  return {
    tone: 'warn',
    text: 'Its password is shown only once. Copy it now and give it to the person who signs in with it.',
  };
}

/** Words for audit entries, and links to their targets. Pure. */

import { counted } from '../ui/words.ts';
import { inShort } from './difference.rules.ts';

/** "pauseQueue" becomes "Pause queue", "circuitOpened" becomes "Circuit opened". */
export function actionWords(action: string): string {
  const words = action.replace(/([a-z0-9])([A-Z])/g, (_, before: string, after: string) => `${before} ${after}`);
  return (words.charAt(0).toUpperCase() + words.slice(1).toLowerCase()).replace(/\bapi\b/, 'API');
}

/** The inverse, for typed text: "Pause queue" and "pauseQueue" are the same action. */
export function actionCode(typed: string): string {
  const [first = '', ...more] = typed.trim().split(/\s+/);
  const begin = first.charAt(0).toLowerCase() + first.slice(1);
  const rest = more.map((word) => (word === 'API' ? 'Api' : word.charAt(0).toUpperCase() + word.slice(1)));
  return begin + rest.join('');
}

const BULK_NOUNS: Readonly<Record<string, string>> = {
  retry: 'a retry',
  cancel: 'a cancel',
  set_run_at: 'a change of times',
};

interface State {
  readonly action?: unknown;
  readonly count?: unknown;
  readonly accepted?: unknown;
  readonly refused?: unknown;
}

/** An audit entry's effect in one line: a sentence where bare numbers would mislead, else the list of changes. */
export function changeWords(action: string, before: unknown, after: unknown): string {
  const state = (typeof after === 'object' && after !== null ? after : {}) as State;
  const noun = BULK_NOUNS[String(state.action)];
  if (noun !== undefined && typeof state.count === 'number') {
    const entries = counted(state.count, 'entry', 'entries');
    // The number actually changed is known only when the bulk action has finished.
    if (action === 'applyBulkAction') return `Started ${noun} planned for ${entries}`;
    if (action === 'undoBulkAction') return `Started to undo ${noun} that had changed ${entries}`;
  }
  if (action === 'enqueueAccounts' && typeof state.accepted === 'number')
    return `${counted(state.accepted, 'account', 'accounts')} accepted, ${Number(state.refused ?? 0)} refused`;
  return inShort(before, after);
}

interface Kind {
  /** The type's display name. */
  readonly text: string;
  /** The page that shows the target; undefined: none. */
  readonly href?: (id: string) => string;
  /** The target's id is a UUID; otherwise a name. */
  readonly isByUuid?: true;
}

const under =
  (path: string) =>
  (id: string): string =>
    `${path}/${encodeURIComponent(id)}`;
const on = (path: string) => (): string => path;

/** All target types that the server writes. */
export const TARGETS: Readonly<Record<string, Kind>> = {
  QueuedCreation: { text: 'Entry', isByUuid: true, href: under('/queue') },
  BulkAction: { text: 'Bulk action', isByUuid: true, href: under('/bulk-actions') },
  Queue: { text: 'Queue', href: on('/settings') },
  Family: { text: 'Family', isByUuid: true, href: (id) => `/queue?family=${encodeURIComponent(id)}` },
  JobSchedule: { text: 'Schedule', href: under('/schedules') },
  JobRun: { text: 'Run', isByUuid: true, href: under('/runs') },
  Circuit: { text: 'Circuit', href: on('/provider') },
  Simulator: { text: 'Simulator', href: on('/provider') },
  ServerNode: { text: 'Node', isByUuid: true, href: on('/nodes') },
  Alert: { text: 'Alert', isByUuid: true, href: on('/alerts') },
  AlertRule: { text: 'Alert rule', href: on('/alerts') },
  AlertSilence: { text: 'Silence', isByUuid: true, href: on('/alerts') },
  OutboxEvent: { text: 'Event', isByUuid: true, href: on('/events') },
  Webhook: { text: 'Webhook', isByUuid: true, href: under('/webhooks') },
  ApiToken: { text: 'API token', isByUuid: true, href: on('/access') },
  Session: { text: 'Sign-in' },
  EncryptionKey: { text: 'Key', isByUuid: true, href: on('/keys') },
  Resealing: { text: 'Re-encryption', isByUuid: true, href: on('/keys') },
  KeyRing: { text: 'Key ring', href: on('/keys') },
  Settings: { text: 'Settings of the server', href: on('/settings') },
};

interface Target {
  readonly text: string;
  readonly id: string | undefined;
  readonly href: string | undefined;
}

/** Undefined for an entry without a target. */
export function targetOf(type: string | null, id: string | null): Target | undefined {
  if (type === null) return undefined;
  const kind = TARGETS[type];
  const isOnlyOne = type === 'Queue' || type === 'Simulator' || type === 'Settings' || type === 'Circuit';
  return {
    text: kind?.text ?? actionWords(type),
    id: id === null || isOnlyOne ? undefined : id,
    href: id === null ? undefined : kind?.href?.(id),
  };
}

/* The result of verifying the audit trail, in sentences. Pure. */

interface Finding {
  readonly isIntact: boolean;
  readonly checkedCount: number;
  readonly uncheckedCount: number;
  readonly headLink: number;
  readonly problem: string | null;
  readonly firstBrokenSequence: number | null;
}

export interface Verdict {
  readonly tone: 'good' | 'warn' | 'bad';
  readonly title: string;
  readonly sentences: readonly string[];
}

/** `isWithAnchor`: the caller supplied an anchor. */
export function verdictOf(found: Finding, isWithAnchor: boolean): Verdict {
  const { isIntact, checkedCount, uncheckedCount, headLink, problem, firstBrokenSequence } = found;
  const waiting =
    uncheckedCount === 0
      ? []
      : [
          `${counted(uncheckedCount, 'audit entry is', 'audit entries are')} too new to be chained; what ${uncheckedCount === 1 ? 'it says' : 'they say'} is as it was written.`,
        ];
  if (!isIntact)
    return {
      tone: 'bad',
      title:
        firstBrokenSequence === null
          ? 'The trail is broken: something is missing.'
          : `The trail is broken at number ${firstBrokenSequence}.`,
      sentences: [
        ...(problem === null ? [] : [problem]),
        `${counted(checkedCount, 'audit entry was', 'audit entries were')} checked before it. Leave everything as it is: what is broken is evidence. Export the trail, and find out who could write to the database at that time.`,
      ],
    };
  if (checkedCount === 0)
    return {
      tone: 'warn',
      title: 'Nothing to verify.',
      sentences: ['No chained audit entry lies in this span.', ...waiting],
    };
  return {
    tone: 'good',
    title: `The trail is intact: ${counted(checkedCount, 'audit entry is as it was written', 'audit entries are as they were written')}.`,
    sentences: [
      `None was changed, inserted, moved or deleted. The chain ends at place ${headLink}.`,
      ...waiting,
      isWithAnchor
        ? 'The anchor fits: nothing was deleted from the end since it was signed, and the database was not restored to an earlier state.'
        : 'Only an anchor from elsewhere can prove that nothing was deleted from its end.',
    ],
  };
}

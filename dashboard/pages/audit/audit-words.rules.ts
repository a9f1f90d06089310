/** Acts in words, and the page of what they were done to. */
import { counted } from '../../ui/words.ts';
import { inShort } from './difference.rules.ts';

/** "pauseQueue": "Pause queue"; "circuitOpened": "Circuit opened". */
export function actionWords(action: string): string {
  const words = action.replace(/([a-z0-9])([A-Z])/g, (_, before: string, after: string) => `${before} ${after}`);
  return (words.charAt(0).toUpperCase() + words.slice(1).toLowerCase()).replace(/\bapi\b/, 'API');
}

/** The other way round, for what people type: "Pause queue" and "pauseQueue" are the same. */
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

/** What an act did in one line: a sentence where its numbers would be taken for others, else what it changed. */
export function changeWords(action: string, before: unknown, after: unknown): string {
  const state = (typeof after === 'object' && after !== null ? after : {}) as State;
  const noun = BULK_NOUNS[String(state.action)];
  if (noun !== undefined && typeof state.count === 'number') {
    const entries = counted(state.count, 'entry', 'entries');
    // How many it came to is known only when it has finished.
    if (action === 'applyBulkAction') return `Started ${noun} planned for ${entries}`;
    if (action === 'undoBulkAction') return `Started to undo ${noun} that had changed ${entries}`;
  }
  if (action === 'enqueueAccounts' && typeof state.accepted === 'number')
    return `${counted(state.accepted, 'account', 'accounts')} accepted, ${Number(state.refused ?? 0)} refused`;
  return inShort(before, after);
}

interface Kind {
  /** The type in words. */
  readonly text: string;
  /** Where it is shown; undefined: nowhere. */
  readonly href?: (id: string) => string;
  /** Its id is a UUID; else a name. */
  readonly isByUuid?: true;
}

const under =
  (path: string) =>
  (id: string): string =>
    `${path}/${encodeURIComponent(id)}`;
const on = (path: string) => (): string => path;

/** Each type of target that the server writes. */
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
  Resealing: { text: 'Re-sealing', isByUuid: true, href: on('/keys') },
  KeyRing: { text: 'Key ring', href: on('/keys') },
  Settings: { text: 'Settings of the server', href: on('/settings') },
};

interface Target {
  readonly text: string;
  readonly id: string | undefined;
  readonly href: string | undefined;
}

/** Undefined for an act on nothing in particular. */
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

/** Acts in words, and the page of what they were done to. */

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

interface Kind {
  /** The type in words. */
  readonly text: string;
  /** Where it is shown; undefined: nowhere. */
  readonly href?: (id: string) => string;
}

const under =
  (path: string) =>
  (id: string): string =>
    `${path}/${encodeURIComponent(id)}`;
const on = (path: string) => (): string => path;

/** Each type of target that the server writes. */
export const TARGETS: Readonly<Record<string, Kind>> = {
  QueuedCreation: { text: 'Entry', href: under('/queue') },
  BulkAction: { text: 'Bulk action', href: under('/bulk-actions') },
  Queue: { text: 'Queue', href: on('/settings') },
  Family: { text: 'Family', href: (id) => `/queue?family=${encodeURIComponent(id)}` },
  JobSchedule: { text: 'Schedule', href: under('/schedules') },
  JobRun: { text: 'Run', href: under('/runs') },
  Circuit: { text: 'Circuit', href: on('/provider') },
  Simulator: { text: 'Simulator', href: on('/provider') },
  ServerNode: { text: 'Node', href: on('/nodes') },
  Alert: { text: 'Alert', href: on('/alerts') },
  AlertRule: { text: 'Rule of alerts', href: on('/alerts') },
  AlertSilence: { text: 'Silence', href: on('/alerts') },
  OutboxEvent: { text: 'Event', href: on('/events') },
  Webhook: { text: 'Webhook', href: under('/webhooks') },
  ApiToken: { text: 'API token', href: on('/access') },
  Session: { text: 'Sign-in' },
  EncryptionKey: { text: 'Key', href: on('/keys') },
  Resealing: { text: 'Re-sealing', href: on('/keys') },
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

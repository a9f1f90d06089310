/** The display name of an event's aggregate, and the page that shows it. Pure. */

const WORDS: Readonly<Record<string, string>> = {
  ManagedAccountCreation: 'Entry',
  Job: 'Job',
  JobSchedule: 'Schedule',
  Circuit: 'Circuit',
  Queue: 'Queue',
  BulkAction: 'Bulk action',
  EncryptionKey: 'Encryption key',
  ApiToken: 'API token',
  Alert: 'Alert',
  Webhook: 'Webhook',
};

/** An unknown type keeps the API's name. */
export const aggregateWords = (type: string): string => WORDS[type] ?? type;

/** The page that shows it. Jobs are found by the name in the payload, since their id is synthetic. */
export function aggregateHref(type: string, id: string, payload: unknown): string | undefined {
  const named = typeof payload === 'object' && payload !== null && 'jobName' in payload ? payload.jobName : undefined;
  switch (type) {
    case 'ManagedAccountCreation':
      return `/queue/${id}`;
    case 'BulkAction':
      return `/bulk-actions/${id}`;
    case 'Webhook':
      return `/webhooks/${id}`;
    case 'Job':
    case 'JobSchedule':
      return typeof named === 'string' ? `/schedules/${encodeURIComponent(named)}` : '/schedules';
    case 'Circuit':
      return '/provider';
    case 'Queue':
      return '/queue';
    case 'EncryptionKey':
      return '/keys';
    case 'ApiToken':
      return '/access';
    case 'Alert':
      return '/alerts';
    default:
      return undefined;
  }
}

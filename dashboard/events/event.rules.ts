/** The display name of an event's aggregate, and the page that shows it. Pure. */

import type { EnumOf } from '../graphql/graphql.ts';
import { spanOf } from '../ui/list-address.rules.ts';
import { isUuid } from '../ui/text.rules.ts';

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

/* The outbox filters in the address, and the API's filter built from them. Pure. */

export const FILTERS = ['type', 'aggregate', 'aggregateId', 'family', 'state', 'from', 'to'] as const;
export const STATES: readonly EnumOf<'OutboxEventState'>[] = ['PARKED', 'WAITING', 'PENDING', 'PROCESSED'];

const NO_ID = 'An id looks like 2f5eea85-8658-4268-a9d8-1772fb76014b.';

export interface Asked {
  readonly filter: {
    readonly eventType?: { readonly equals: string };
    readonly aggregateType?: string;
    readonly aggregateId?: string;
    readonly familyId?: string;
    readonly state?: EnumOf<'OutboxEventState'>;
    readonly createdAt?: { readonly from?: string; readonly to?: string };
  };
  /** Problems by filter; an invalid filter is not sent to the API. */
  readonly problems: Partial<Record<(typeof FILTERS)[number], string>>;
}

/** `types`: the known event types; empty while the catalog is loading. */
export function askedBy(get: (name: string) => string | undefined, types: readonly string[]): Asked {
  const [type, aggregate, aggregateId, family] = [get('type'), get('aggregate'), get('aggregateId'), get('family')];
  const state = STATES.find((one) => one === get('state'));
  const createdAt = spanOf(get('from'), get('to'));
  const isNoType = type !== undefined && types.length > 0 && !types.includes(type);
  const isKnown = (id: string | undefined): id is string => id !== undefined && isUuid(id);
  return {
    filter: {
      ...(type !== undefined && !isNoType && { eventType: { equals: type } }),
      ...(aggregate !== undefined && { aggregateType: aggregate }),
      ...(isKnown(aggregateId) && { aggregateId }),
      ...(isKnown(family) && { familyId: family }),
      ...(state !== undefined && { state }),
      ...(createdAt !== undefined && { createdAt }),
    },
    problems: {
      ...(isNoType && { type: 'Unknown event type.' }),
      ...(aggregateId !== undefined && !isUuid(aggregateId) && { aggregateId: NO_ID }),
      ...(family !== undefined && !isUuid(family) && { family: NO_ID }),
    },
  };
}

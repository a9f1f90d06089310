/** The list's filters and order, as written in the address bar and as the API takes them. Pure. */

import type { EnumOf } from '../graphql/graphql.ts';
import { instantIn } from '../ui/list-address.rules.ts';
import { isUuid } from '../ui/text.rules.ts';

export type EntryStatus = EnumOf<'EntryStatus'>;
export type OrderField = EnumOf<'QueuedCreationOrderField'>;
export type Direction = EnumOf<'OrderDirection'>;

/** A time span: a name, relative to the current time, or two instants (RFC 3339), one of which may be missing. */
export type Span = SpanName | { readonly from?: string | undefined; readonly to?: string | undefined };
export type SpanName = 'last-hour' | 'last-day' | 'last-week' | 'today' | 'next-hour' | 'next-day' | 'overdue';

export interface QueueView {
  readonly state: readonly EntryStatus[];
  readonly family: string | undefined;
  readonly username: string | undefined;
  readonly errorCode: string | undefined;
  readonly failureGroup: string | undefined;
  readonly created: Span | undefined;
  readonly due: Span | undefined;
  readonly dueNow: boolean | undefined;
  readonly sort: OrderField;
  readonly direction: Direction;
}

export const STATES: readonly EntryStatus[] = ['PENDING', 'PROCESSING', 'COMPLETED', 'FAILED', 'CANCELLED'];
const ORDERS: readonly OrderField[] = ['CREATED_AT', 'NEXT_RETRY_AT'];
export const CREATED_SPANS: readonly SpanName[] = ['last-hour', 'last-day', 'last-week', 'today'];
export const DUE_SPANS: readonly SpanName[] = ['overdue', 'next-hour', 'next-day'];

export const SPAN_WORDS: Readonly<Record<SpanName, string>> = {
  'last-hour': 'Last hour',
  'last-day': 'Last 24 hours',
  'last-week': 'Last 7 days',
  today: 'Today',
  'next-hour': 'Within an hour',
  'next-day': 'Within 24 hours',
  overdue: 'Due already',
};

export const EVERYTHING: QueueView = {
  state: [],
  family: undefined,
  username: undefined,
  errorCode: undefined,
  failureGroup: undefined,
  created: undefined,
  due: undefined,
  dueNow: undefined,
  sort: 'CREATED_AT',
  direction: 'DESC',
};

/** Parses an address that may have been written by hand; ignores unknown parameters and values. */
export function readView(params: URLSearchParams): QueueView {
  const text = (name: string): string | undefined => params.get(name)?.trim() || undefined;
  // The API calls it status, so hand-written links may too.
  const asked = [...params.getAll('state'), ...params.getAll('status')].flatMap((given) =>
    given.toUpperCase().split(','),
  );
  const family = text('family');
  const dueNow = text('dueNow');
  const sort = text('sort')?.toUpperCase();
  return {
    state: STATES.filter((one) => asked.includes(one)),
    family: family !== undefined && isUuid(family) ? family.toLowerCase() : undefined,
    username: text('username')?.toLowerCase(),
    errorCode: text('errorCode')?.toUpperCase(),
    failureGroup: text('failureGroup'),
    created: readSpan(text('created'), CREATED_SPANS),
    due: readSpan(text('due'), DUE_SPANS),
    dueNow: dueNow === 'true' ? true : dueNow === 'false' ? false : undefined,
    sort: ORDERS.find((one) => one === sort) ?? 'CREATED_AT',
    direction: text('direction')?.toUpperCase() === 'ASC' ? 'ASC' : 'DESC',
  };
}

const NAMES: readonly string[] = [
  ...['state', 'status', 'family', 'username', 'errorCode', 'failureGroup', 'created', 'due', 'dueNow'],
  ...['sort', 'direction', 'plan'],
];

/**
 * The parts of an address that readView ignores, as "state=LOST": without them the list has more entries than the
 * author of the link meant. The order is not checked, since it does not change which entries are listed.
 */
export function notUnderstood(params: URLSearchParams): string[] {
  const isUnderstood = (name: string, value: string): boolean => {
    if (value === '') return true;
    switch (name) {
      case 'state':
      case 'status':
        return STATES.some((one) => one === value.toUpperCase());
      case 'family':
        return isUuid(value);
      case 'created':
        return isSpan(value, CREATED_SPANS);
      case 'due':
        return isSpan(value, DUE_SPANS);
      case 'dueNow':
        return value === 'true' || value === 'false';
      default:
        return NAMES.includes(name);
    }
  };
  return [...params].flatMap(([name, given]) =>
    (name === 'state' || name === 'status' ? given.split(',') : [given])
      .map((value) => value.trim())
      .filter((value) => !isUnderstood(name, value))
      .map((value) => `${name}=${value}`),
  );
}

const isSpan = (given: string, names: readonly SpanName[]): boolean => {
  const span = readSpan(given, names);
  if (span === undefined || typeof span === 'string') return span !== undefined;
  const parts = given.split('..');
  return parts.length === 2 && parts.every((part) => part === '' || !Number.isNaN(Date.parse(part)));
};

/** The parameters of a view, always in the same order, so that equal views have equal addresses. */
export function writeView(view: QueueView): URLSearchParams {
  const params = new URLSearchParams();
  const set = (name: string, value: string | undefined): void => {
    if (value !== undefined && value !== '') params.set(name, value);
  };
  set('state', STATES.filter((one) => view.state.includes(one)).join());
  set('family', view.family);
  set('username', view.username);
  set('errorCode', view.errorCode);
  set('failureGroup', view.failureGroup);
  set('created', writeSpan(view.created));
  set('due', writeSpan(view.due));
  set('dueNow', view.dueNow === undefined ? undefined : String(view.dueNow));
  if (view.sort !== 'CREATED_AT') set('sort', view.sort);
  if (view.direction !== 'DESC') set('direction', view.direction);
  return params;
}

function readSpan(given: string | undefined, names: readonly SpanName[]): Span | undefined {
  if (given === undefined) return undefined;
  const name = names.find((one) => one === given);
  if (name !== undefined) return name;
  const [from, to] = given.split('..').map((part) => (instantIn(part) === undefined ? undefined : part));
  return from === undefined && to === undefined ? undefined : { from, to };
}

function writeSpan(span: Span | undefined): string | undefined {
  if (span === undefined || typeof span === 'string') return span;
  return span.from === undefined && span.to === undefined ? undefined : `${span.from ?? ''}..${span.to ?? ''}`;
}

const HOUR = 3_600_000;

/** The instants of a span; `midnight` is the start of today in the viewer's time zone. */
function rangeOf(span: Span, now: number, midnight: number): { from?: string; to?: string } {
  const iso = (ms: number): string => new Date(ms).toISOString();
  if (typeof span !== 'string')
    return {
      ...(span.from !== undefined && { from: iso(Date.parse(span.from)) }),
      ...(span.to !== undefined && { to: iso(Date.parse(span.to)) }),
    };
  switch (span) {
    case 'last-hour':
      return { from: iso(now - HOUR) };
    case 'last-day':
      return { from: iso(now - 24 * HOUR) };
    case 'last-week':
      return { from: iso(now - 7 * 24 * HOUR) };
    case 'today':
      return { from: iso(midnight) };
    case 'next-hour':
      return { from: iso(now), to: iso(now + HOUR) };
    case 'next-day':
      return { from: iso(now), to: iso(now + 24 * HOUR) };
    case 'overdue':
      return { to: iso(now) };
  }
}

/** The view as the API's filter, without the fields that are not filtered by. */
export function filterOf(view: QueueView, now: number, midnight: number) {
  return {
    ...(view.state.length > 0 && { status: [...view.state] }),
    ...(view.family !== undefined && { familyId: view.family }),
    ...(view.username !== undefined && { username: { startsWith: view.username } }),
    ...(view.errorCode !== undefined && { errorCode: { equals: view.errorCode } }),
    ...(view.failureGroup !== undefined && { failureGroup: view.failureGroup }),
    ...(view.created !== undefined && { createdAt: rangeOf(view.created, now, midnight) }),
    ...(view.due !== undefined && { nextRetryAt: rangeOf(view.due, now, midnight) }),
    ...(view.dueNow !== undefined && { dueNow: view.dueNow }),
  };
}
export type EntryFilter = ReturnType<typeof filterOf>;

export const isFiltered = (view: QueueView): boolean => Object.keys(filterOf(view, 0, 0)).length > 0;

/** Keeps the order and removes all filters. */
export const unfiltered = ({ sort, direction }: QueueView): QueueView => ({ ...EVERYTHING, sort, direction });

/** The view's order as the API takes it. */
export const orderOf = ({ sort, direction }: QueueView) => ({ field: sort, direction });

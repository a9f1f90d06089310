/**
 * `GET /queue/export?format&filter&orderBy`: all entries that `queuedCreations` lists with this filter, in this
 * order, as CSV or JSON lines. Pages are read one after the other, so entries that are enqueued meanwhile may or
 * may not be included, and each has the values that it had when its page was read.
 */
import type { GraphQLSchema } from 'graphql';
import type { Export } from '../access/export-route.ts';
import type { SharedContext } from '../graphql/builder.ts';
import { createListReader } from '../graphql/list-reader.ts';
import { type ExportFormat, FORMATS } from './export.rules.ts';

export const QUEUE_EXPORT = '/queue/export';

const EXPORT_DOCUMENT = `
  query ($filter: QueuedCreationFilter, $orderBy: QueuedCreationOrder, $first: Int, $after: String) {
    queuedCreations(filter: $filter, orderBy: $orderBy, first: $first, after: $after) {
      nodes {
        entryId status username fullName role
        family { familyId name }
        createdBy { userId }
        retryCount nextRetryAt lastErrorCode lastErrorMessage
        user { userId }
        createdAt updatedAt completedAt failedAt cancelledAt
      }
      pageInfo { hasNextPage endCursor }
    }
  }`;

interface Wanted {
  readonly format: keyof typeof FORMATS;
  readonly filter: object | null;
  readonly orderBy: object | null;
}

/** What the resolvers need beside the request. */
type ResolverServices = SharedContext;

export function queueExport(schema: GraphQLSchema, services: ResolverServices): Export<Wanted> {
  const { clock, logger, db } = services;
  const list = 'queuedCreations';
  const readList = createListReader({ schema, document: EXPORT_DOCUMENT, list, logger, outage: db.outage });
  return {
    path: QUEUE_EXPORT,
    fact: 'queueExported',
    parameters: ['format', 'filter', 'orderBy'],
    read: wantedOf,
    async begin({ format, filter, orderBy }, request) {
      const now = clock.now();
      const found = await readList({ filter, orderBy }, { ...services, ...request, now });
      if (found.kind === 'refused') return found;
      return {
        kind: 'file',
        contentType: FORMATS[format].contentType,
        name: `queue-${now.toISOString().slice(0, 16).replace(/[T:]/g, '-')}.${format}`,
        parts: textOf(found.pages, FORMATS[format]),
      };
    },
  };
}

async function* textOf(
  pages: AsyncIterable<readonly Parameters<ExportFormat['line']>[0][]>,
  { head, line }: ExportFormat,
): AsyncGenerator<string> {
  if (head !== '') yield head;
  for await (const rows of pages) yield rows.map(line).join('');
}

/** Returns what is to be exported; if a parameter is invalid, what is wrong. */
function wantedOf(parameters: URLSearchParams): Wanted | string {
  const format = parameters.get('format');
  if (format === null || !isFormat(format))
    return `\`format\` is ${Object.keys(FORMATS).join(' or ')}. Example: ${QUEUE_EXPORT}?format=csv`;
  const filter = objectOf(parameters.get('filter'));
  if (filter === undefined)
    return '`filter` is a QueuedCreationFilter as a JSON object, or left out. Example: {"status": ["FAILED"]}';
  const orderBy = objectOf(parameters.get('orderBy'));
  if (orderBy === undefined)
    return '`orderBy` is a QueuedCreationOrder as a JSON object, or left out. Example: {"field": "CREATED_AT", "direction": "ASC"}';
  return { format, filter, orderBy };
}

const isFormat = (text: string): text is Wanted['format'] => Object.hasOwn(FORMATS, text);

/** Returns null if none is given; undefined if it is not a JSON object. */
function objectOf(text: string | null): object | null | undefined {
  if (text === null || text === '') return null;
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

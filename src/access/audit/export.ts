/**
 * `GET /audit/export?from&to`: the audit trail as JSON lines, for ADMIN. The last line is the anchor: an export
 * without it is incomplete. Its own audit entry is the last one in it.
 */
import { z } from 'zod';
import type { Queryable } from '../../database/database.ts';
import type { AuditKeys } from '../../work/audit-trail.ts';
import type { Services } from '../../work/context.ts';
import type { Export } from '../export-route.ts';
import { anchorText, loadHead, loadPruned } from './anchors.ts';
import { BEGINNING, type ChainPosition } from './chain.rules.ts';
import { chainedRows, placesOf, type StoredEntry, type TimeSpan } from './walk.ts';

export const AUDIT_EXPORT = '/audit/export';

export const auditExport = ({ audit, config }: Pick<Services, 'audit' | 'config'>): Export<TimeSpan> => ({
  path: AUDIT_EXPORT,
  fact: 'auditTrailExported',
  parameters: ['from', 'to'],
  read: spanOf,
  // The export cannot be masked: it contains personal data exactly as it was signed.
  refusalOf: ({ role }) =>
    config.MASK_PERSONAL_DATA_FOR?.includes(role)
      ? `The export holds personal data, which the role ${role.toUpperCase()} does not see (MASK_PERSONAL_DATA_FOR).`
      : undefined,
  begin: async (span) => ({
    kind: 'file',
    contentType: 'application/x-ndjson; charset=utf-8',
    name: `audit-${span.from === null ? 'trail' : 'part'}.jsonl`,
    parts: audit.export(span),
  }),
});

/** Returns the requested span; if it is invalid, what is wrong. */
function spanOf(parameters: URLSearchParams): TimeSpan | string {
  const [from, to] = ['from', 'to'].map((name) => instantOf(parameters.get(name)));
  if (from !== undefined && to !== undefined && !(from && to && from >= to)) return { from, to };
  const example = '2027-01-01T00:00:00Z';
  return `\`from\` and \`to\` are instants in RFC 3339, the former before the latter, or left out. Example: ${AUDIT_EXPORT}?from=${example}`;
}

const INSTANT = z.iso.datetime({ offset: true });

/** Returns null if none is given; undefined if it is not a valid timestamp. */
function instantOf(text: string | null): Date | null | undefined {
  if (text === null || text === '') return null;
  return INSTANT.safeParse(text).success ? new Date(text) : undefined;
}

/**
 * Yields the lines, each with its newline, one batch of rows at a time: the chained rows of the span with one
 * neighbour on either side, in the order of places. The final anchor is that of the last row.
 */
export async function* exportAudit(db: Queryable, keys: AuditKeys, span: TimeSpan, now: Date): AsyncGenerator<string> {
  const beginning = (await loadPruned(db, keys)) ?? BEGINNING;
  const head = await loadHead(db, keys);
  const { first, last } = await placesOf(db, span, { lowest: beginning.link + 1, highest: head.link });
  const before = await chainBefore(db, first, beginning);
  let end: ChainPosition = { link: first - 1, chain: before };
  yield line({
    format: 'family-hub-jobs audit trail 1',
    from: span.from,
    to: span.to,
    firstLink: first,
    chainBefore: before.toString('base64url'),
  });
  for await (const rows of chainedRows(db, first, last)) {
    yield rows.map(entryLine).join('');
    const row = rows.at(-1);
    if (row?.link && row.chain) end = { link: row.link, chain: row.chain };
  }
  yield line({ anchor: anchorText(keys, { ...end, isPruned: false, at: now.getTime() }) });
}

/** Returns the chain value before `first`; empty if that row is missing, so that no row can follow it. */
async function chainBefore(db: Queryable, first: number, beginning: ChainPosition): Promise<Buffer> {
  if (first - 1 <= beginning.link) return beginning.chain;
  const [row] = await db.query<{ chain: Buffer }>('SELECT chain FROM auth.audit_entries WHERE link = $1', [first - 1]);
  return row?.chain ?? Buffer.alloc(0);
}

const line = (value: object): string => `${JSON.stringify(value)}\n`;

const entryLine = ({ isCopy, mac, link, chain, chained_at, sequence, ...signed }: StoredEntry): string =>
  line({
    link,
    sequence,
    ...signed,
    mac: mac.toString('base64url'),
    chain: chain?.toString('base64url') ?? null,
    chained_at,
    ...(isCopy && { isCopy }),
  });

/**
 * The trail as JSON lines, for an archive or a checker of one's own: all that is needed to compute
 * every code anew with the audit key, each value to the letter as it was signed (`before` and
 * `after` as text), codes in base64url. First a line that says where it begins, last the anchor.
 */
import type { Queryable } from '../../database/database.ts';
import type { AuditKeys } from '../../work/audit-trail.ts';
import { anchorText, loadCut, loadHead } from './anchors.ts';
import { BEGINNING, type ChainPosition } from './chain.rules.ts';
import { placesOf, type TimeSpan } from './span.ts';
import type { StoredEntry } from './stored-entries.ts';
import { chainedRows } from './walk.ts';

/**
 * The lines, each with its end, a batch of rows at a time: the chained rows of the span with a
 * neighbour on either side, in the order of places. The anchor is that of the last of them.
 */
export async function* exportAudit(db: Queryable, keys: AuditKeys, span: TimeSpan, now: Date): AsyncGenerator<string> {
  const beginning = (await loadCut(db, keys)) ?? BEGINNING;
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
  yield line({ anchor: anchorText(keys, { ...end, isCut: false, at: now.getTime() }) });
}

/** Of no length where the row is missing: nothing follows that. */
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

/**
 * `GET /audit/export?from&to`: the audit trail as JSON lines, for ADMIN. It is streamed: memory use does not
 * depend on the trail's length, and rows are read no faster than the client takes them. The last line is the
 * anchor: an export without it is incomplete. Exports and refused exports are audited.
 */
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { z } from 'zod';
import type { Queryable } from '../../database/database.ts';
import { refuse } from '../../http/body.ts';
import type { Exchange, Handler } from '../../http/exchange.ts';
import { type Gate, turnAway } from '../../http/gate.ts';
import type { AuditKeys } from '../../work/audit-trail.ts';
import type { Caller } from '../../work/caller.ts';
import type { Services } from '../../work/context.ts';
import { unit } from '../../work/unit.ts';
import { denial, PATHS } from '../permissions.rules.ts';
import { anchorText, loadHead, loadPruned } from './anchors.ts';
import { BEGINNING, type ChainPosition } from './chain.rules.ts';
import { placesOf, type TimeSpan } from './span.ts';
import type { StoredEntry } from './walk.ts';
import { chainedRows } from './walk.ts';

export const AUDIT_EXPORT = '/audit/export';

export function auditExportRoute(services: Services, gate: Pick<Gate, 'authenticate'>): Handler {
  const { audit, config, denials, logger } = services;
  const refusalOf = (caller: Caller): string | undefined =>
    denial(AUDIT_EXPORT, PATHS[AUDIT_EXPORT], caller) ??
    // The export cannot be masked: it contains personal data exactly as it was signed.
    (config.MASK_PERSONAL_DATA_FOR?.includes(caller.role)
      ? `The export holds personal data, which the role ${caller.role.toUpperCase()} does not see (MASK_PERSONAL_DATA_FOR).`
      : undefined);
  return async (exchange) => {
    const { request, response, requestId, url } = exchange;
    const found = await gate.authenticate(request, requestId);
    if (found.kind === 'refused') return turnAway(exchange, found);
    if (request.method !== 'GET') {
      return refuse(exchange, 405, 'METHOD_NOT_ALLOWED', 'The audit trail is exported with GET.', { allow: 'GET' });
    }
    if (found.isForeign)
      return refuse(
        exchange,
        403,
        'FORBIDDEN',
        'Another site requested this export in your name. Open it from this server.',
      );
    const span = spanOf(exchange);
    if (span === undefined) return;
    const { caller } = found;
    const refusal = refusalOf(caller);
    if (refusal !== undefined) {
      await denials.record({ caller, actions: ['exportAuditTrail'], reason: refusal, after: { ...span } });
      return refuse(exchange, 403, 'FORBIDDEN', refusal);
    }
    await unit({ ...services, caller }, async (tx) => tx.happened('auditTrailExported', { after: { ...span } }));

    const parts = audit.export(span)[Symbol.asyncIterator]();
    const first = await parts.next();
    response.writeHead(200, {
      'content-type': 'application/x-ndjson; charset=utf-8',
      'content-disposition': `attachment; filename="audit-${url.searchParams.get('from') ? 'part' : 'trail'}.jsonl"`,
      'cache-control': 'no-store',
    });
    async function* lines() {
      if (!first.done) yield first.value;
      yield* { [Symbol.asyncIterator]: () => parts };
    }
    await pipeline(Readable.from(lines()), response).catch((error: unknown) =>
      logger.warn({ err: error, requestId }, 'An export of the audit trail was broken off'),
    );
  };
}

/** Returns the requested span; undefined if it is invalid, after sending the refusal. */
function spanOf(exchange: Exchange): TimeSpan | undefined {
  const { searchParams } = exchange.url;
  const [from, to] = ['from', 'to'].map((name) => instantOf(searchParams.get(name)));
  if (from !== undefined && to !== undefined && !(from && to && from >= to)) return { from, to };
  const example = '2027-01-01T00:00:00Z';
  const message = `\`from\` and \`to\` are instants in RFC 3339, the former before the latter, or left out. Example: ${AUDIT_EXPORT}?from=${example}`;
  refuse(exchange, 400, 'BAD_USER_INPUT', message);
  return undefined;
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

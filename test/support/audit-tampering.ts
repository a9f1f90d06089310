/**
 * Falsifies an audit trail as an attacker with write access to its table could: reads the rows, changes them in any
 * way and writes them back. The table's constraints are dropped first, as the attacker could do too.
 */
import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import type { Database } from '../../src/database/database.ts';

/** A row as JSON: bytes as `\x…`, numbers as they are. */
export type Row = Record<string, string | number | null> & { readonly sequence: number; readonly link: number | null };

export interface Tampering {
  readonly name: string;
  apply(rows: readonly Row[]): Row[];
  /** The sequence that verification must name, where it is unambiguous. */
  names?(rows: readonly Row[]): number | null | undefined;
}

/** Drops the constraints and indexes by which the table itself would refuse falsified rows. */
export async function dropConstraints(db: Database): Promise<void> {
  await db.query(
    'ALTER TABLE auth.audit_entries DROP CONSTRAINT audit_entries_pkey, DROP CONSTRAINT audit_entries_chain_check',
  );
  await db.query('DROP INDEX auth.audit_entries_sequence_key');
  await db.query('DROP INDEX auth.audit_entries_link_key');
}

export async function readRows(db: Database): Promise<Row[]> {
  const rows = await db.query<{ row: Row }>(
    'SELECT to_jsonb(entry) AS row FROM auth.audit_entries AS entry ORDER BY link',
  );
  return rows.map(({ row }) => row);
}

/** Replaces all rows of the table by these. */
export async function writeRows(db: Database, rows: readonly Row[]): Promise<void> {
  await db.transaction(async (tx) => {
    await tx.query('DELETE FROM auth.audit_entries');
    await tx.query(
      'INSERT INTO auth.audit_entries SELECT * FROM jsonb_populate_recordset(NULL::auth.audit_entries, $1::jsonb)',
      [JSON.stringify(rows)],
    );
  });
}

const text = fc.string({ unit: 'grapheme', maxLength: 6 }).map((value) => value.replaceAll('\0', ''));
const maybe = fc.option(text);
const bytes = fc
  .uint8Array({ minLength: 32, maxLength: 32 })
  .map((value) => `\\x${Buffer.from(value).toString('hex')}`);
const number = fc.integer({ min: -5, max: 200 });

const instant = fc.oneof(
  fc
    .date({ min: new Date('2000-01-01'), max: new Date('2100-01-01'), noInvalidDate: true })
    .map((at) => at.toISOString()),
  fc.constantFrom('infinity', '-infinity', '2026-11-25T00:00:00Z BC'),
);

/** Every column, with the values to try for it. */
const VALUES: Readonly<Record<string, fc.Arbitrary<string | number | null>>> = {
  id: fc.uuid(),
  sequence: number,
  at: instant,
  actor_kind: text,
  actor_id: text,
  actor: text,
  token_prefix: maybe,
  role: text,
  action: text,
  outcome: fc.constantFrom('done', 'denied', ''),
  target_type: maybe,
  target_id: maybe,
  family_id: fc.option(fc.uuid()),
  reason: maybe,
  before: maybe,
  after: maybe,
  request_id: maybe,
  address: maybe,
  node_id: fc.option(fc.uuid()),
  key_id: fc.uuid(),
  mac: bytes,
  link: fc.option(number),
  chain: fc.option(bytes),
  chained_at: fc.option(instant),
};
export const COLUMNS = Object.keys(VALUES);

const place = (size: number) => fc.nat({ max: size - 1 });
const at = (rows: readonly Row[], index: number): Row => {
  const row = rows[index];
  if (row === undefined) throw new Error(`There is no row ${index}.`);
  return row;
};
const replaced = (rows: readonly Row[], changes: Readonly<Record<number, Partial<Row>>>): Row[] =>
  rows.map((row, index) => ({ ...row, ...changes[index] }) as Row);
/** The content of a row, without its position in the chain. */
const said = ({ sequence: _sequence, link: _link, chain: _chain, chained_at: _at, ...rest }: Row) => rest;
/** The position of a row in the chain. */
const placeOf = ({ link, chain, chained_at }: Row): Partial<Row> => ({ link, chain, chained_at });
export const UNCHAINED = { link: null, chain: null, chained_at: null };

/**
 * One way to falsify a trail of `size` rows, all chained. Truncating its end is not included: only an anchor
 * detects that.
 */
export const tampering = (size: number): fc.Arbitrary<Tampering> =>
  fc.oneof(
    { weight: 6, arbitrary: changed(size) },
    fc.tuple(place(size - 1), fc.integer({ min: 1, max: 5 })).map(([index, count]) => ({
      name: `delete ${count} from ${index}`,
      apply: (rows: readonly Row[]) => {
        const gone = Math.min(count, rows.length - 1 - index);
        return rows.filter((_, one) => one < index || one >= index + gone);
      },
      names: (rows: readonly Row[]) => rows[index + Math.min(count, rows.length - 1 - index)]?.sequence,
    })),
    place(size - 1).map((index) => ({
      name: `delete ${index} and close the gap`,
      apply: (rows: readonly Row[]) =>
        rows.flatMap((row, one) => (one === index ? [] : [one < index ? row : { ...row, link: (row.link ?? 0) - 1 }])),
      names: (rows: readonly Row[]) => rows[index + 1]?.sequence,
    })),
    pair(size).map(([a, b]) => ({
      name: `swap the places of ${a} and ${b}`,
      apply: (rows: readonly Row[]) =>
        replaced(rows, {
          [a]: placeOf(at(rows, b)),
          [b]: placeOf(at(rows, a)),
        }),
      names: (rows: readonly Row[]) => rows[b]?.sequence,
    })),
    pair(size).map(([a, b]) => ({
      name: `swap what ${a} and ${b} say, with its codes`,
      apply: (rows: readonly Row[]) => replaced(rows, { [a]: said(at(rows, b)), [b]: said(at(rows, a)) }),
      names: (rows: readonly Row[]) => rows[a]?.sequence,
    })),
    pair(size).map(([a, b]) => ({
      name: `swap the sequences of ${a} and ${b}`,
      apply: (rows: readonly Row[]) =>
        replaced(rows, { [a]: { sequence: at(rows, b).sequence }, [b]: { sequence: at(rows, a).sequence } }),
      names: (rows: readonly Row[]) => rows[b]?.sequence,
    })),
    pair(size).map(([a, b]) => ({
      name: `duplicate ${a} to the place of ${b}`,
      apply: (rows: readonly Row[]) => replaced(rows, { [b]: said(at(rows, a)) }),
      names: (rows: readonly Row[]) => rows[b]?.sequence,
    })),
    fc.tuple(place(size), fc.boolean()).map(([index, isChained]) => ({
      name: `add a copy of ${index}, ${isChained ? 'at its place' : 'not chained'}`,
      apply: (rows: readonly Row[]) => [
        ...rows,
        { ...at(rows, index), sequence: 1_000, ...(!isChained && UNCHAINED) } as Row,
      ],
      names: () => 1_000,
    })),
    fc.tuple(place(size), fc.uuid(), fc.boolean()).map(([index, id, isChained]) => ({
      name: `insert a row like ${index}, ${isChained ? 'at the end' : 'not chained'}`,
      apply: (rows: readonly Row[]) => [
        ...rows,
        {
          ...at(rows, index),
          id,
          sequence: 1_000,
          ...(isChained ? { link: size + 1 } : UNCHAINED),
        } as Row,
      ],
      names: () => 1_000,
    })),
    pair(size).map(([a, b]) => ({
      name: `turn around the order from ${a} to ${b}`,
      apply: (rows: readonly Row[]) =>
        rows.map((row, one) => (one < a || one > b ? row : ({ ...row, ...said(at(rows, a + b - one)) } as Row))),
      names: (rows: readonly Row[]) => rows[a]?.sequence,
    })),
  );

/**
 * Changes any column of any row. Excluded is un-chaining the last row, which changes no content: the chainer chains
 * it again.
 */
const changed = (size: number): fc.Arbitrary<Tampering> =>
  fc
    .constantFrom(...COLUMNS)
    .chain((column) => fc.tuple(fc.constant(column), VALUES[column] ?? fc.constant(null), place(size)))
    .filter(([column, value, index]) => !(column === 'link' && value === null && index === size - 1))
    .map(([column, value, index]) => ({
      name: `change ${column} of ${index} to ${String(value)}`,
      apply: (rows) => replaced(rows, { [index]: { [column]: value } as Partial<Row> }),
      names: (rows) =>
        ['sequence', 'link', 'chain', 'chained_at'].includes(column) || isDeepStrictEqual(value, rows[index]?.[column])
          ? undefined
          : rows[index]?.sequence,
    }));

/** Two different indexes in ascending order. */
const pair = (size: number): fc.Arbitrary<[number, number]> =>
  fc
    .tuple(place(size), place(size))
    .filter(([a, b]) => a !== b)
    .map(([a, b]) => [Math.min(a, b), Math.max(a, b)]);

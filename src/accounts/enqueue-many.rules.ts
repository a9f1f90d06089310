/**
 * Detects whether two bulk requests are equal, and where they differ, from little stored data: one digest per
 * item (a row) and one per field over all items (a column), instead of one per item and field. Where differing
 * rows and columns cross, the requests differ.
 */
export interface ItemDigests {
  readonly atomic: string;
  readonly rows: readonly string[];
  readonly columns: Readonly<Record<string, string>>;
}

export type Item = Readonly<Record<string, unknown>>;

/** 96 bits of each row's digest: enough to distinguish two inputs of one caller. */
const ROW_LENGTH = 16;
/** If more fields differ, they are not listed one by one. */
const MOST_FIELDS = 20;

/** Digests a request's items; all items have the same fields. */
export function digestItems(digest: (value: string) => string, items: readonly Item[], atomic: boolean): ItemDigests {
  const fields = Object.keys(items[0] ?? {});
  const column = (field: string) => digest(JSON.stringify([field, ...items.map((item) => item[field] ?? null)]));
  return {
    atomic: digest(JSON.stringify(['atomic', atomic])),
    rows: items.map((item) =>
      digest(JSON.stringify(fields.map((field) => [field, item[field] ?? null]))).slice(0, ROW_LENGTH),
    ),
    columns: Object.fromEntries(fields.map((field) => [field, column(field)])),
  };
}

/**
 * Returns the paths of the fields that differ (`items.3.username`). Exact if one item or one field differs;
 * otherwise it returns only the items, or `items` if they are many.
 */
export function differingFields(recorded: ItemDigests, given: ItemDigests): string[] {
  const atomic = recorded.atomic === given.atomic ? [] : ['atomic'];
  const length = Math.max(recorded.rows.length, given.rows.length);
  const rows = Array.from({ length }, (_, index) => index).filter(
    (index) => recorded.rows[index] !== given.rows[index],
  );
  const names = new Set([...Object.keys(recorded.columns), ...Object.keys(given.columns)]);
  const columns = [...names].filter((name) => recorded.columns[name] !== given.columns[name]);
  const isExact = recorded.rows.length === given.rows.length && (rows.length === 1 || columns.length === 1);
  const items = isExact
    ? rows.flatMap((row) => columns.map((column) => `items.${row}.${column}`))
    : rows.map((row) => `items.${row}`);
  return [...atomic, ...(items.length > MOST_FIELDS ? ['items'] : items)];
}

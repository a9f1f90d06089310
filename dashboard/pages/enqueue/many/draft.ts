/** The table that was read, what its columns are, and what holds for rows that do not say it. */
import { useEffect, useMemo } from 'react';
import { usePermission } from '../../../access/viewer.tsx';
import type { AccountRole } from '../account.rules.ts';
import { keep } from '../keep.ts';
import { NOBODY, type Who } from '../who-fields.tsx';
import { type CheckedRow, checkRows, type FoundFamily, familiesNamed, isId } from './check.rules.ts';
import { guessMapping, hasHeadings, type Mapping, mappingByPlace } from './columns.rules.ts';
import { findFamilies } from './find-families.ts';
import type { Table } from './read.ts';

interface Draft {
  readonly table: Table | undefined;
  /** Whether the first row names the columns. */
  readonly isHeaded: boolean;
  readonly mapping: Mapping;
  readonly who: Who;
  readonly role: AccountRole;
  /** What was found of the families that the table names. */
  readonly families: ReadonlyMap<string, FoundFamily>;
}

export const draft = keep<Draft>({
  table: undefined,
  isHeaded: false,
  mapping: [],
  who: NOBODY,
  role: 'MANAGED_ACCOUNT',
  families: new Map(),
});

export const forgetTable = (): void => draft.set({ table: undefined, families: new Map() });

export function takeTable(table: Table): void {
  headed(table, hasHeadings(table.rows[0] ?? []));
}

/** Takes the first row for headings, or not, and guesses the columns anew. */
export function headed(table: Table, isHeaded: boolean): void {
  const width = Math.max(0, ...table.rows.map((row) => row.length));
  const headings = Array.from({ length: width }, (_, column) => table.rows[0]?.[column] ?? '');
  draft.set({ table, isHeaded, mapping: isHeaded ? guessMapping(headings) : mappingByPlace(width) });
}

/** More families than this are not looked up one by one. */
const MOST_FAMILIES = 500;

/** The rows, checked, as soon as anything changes; families are looked up as they turn up. */
export function useChecked(): { rows: readonly CheckedRow[]; isLookingUp: boolean } {
  const { table, isHeaded, mapping, who, role, families } = draft.use();
  const mayFind = usePermission('families').isAllowed;
  const cells = useMemo(() => (table === undefined ? [] : table.rows.slice(isHeaded ? 1 : 0)), [table, isHeaded]);
  const named = useMemo(() => familiesNamed(cells, mapping), [cells, mapping]);
  const isLookingUp = named.some((name) => !families.has(name));
  useEffect(() => {
    let isWanted = true;
    const found = (name: string, family: FoundFamily): void => {
      if (isWanted) draft.set({ families: new Map(draft.get().families).set(name, family) });
    };
    const missing = named.filter((name) => !draft.get().families.has(name));
    if (!mayFind) for (const name of missing) found(name, asGiven(name));
    else if (named.length > MOST_FAMILIES)
      for (const name of missing)
        found(name, { problem: `More than ${MOST_FAMILIES} families in one file. Cut it into several.` });
    else void findFamilies(missing, found, () => isWanted);
    return () => {
      isWanted = false;
    };
  }, [named, mayFind]);
  const rows = useMemo(
    () => checkRows(cells, { mapping, defaults: { ...who, role }, families }),
    [cells, mapping, who, role, families],
  );
  return { rows, isLookingUp };
}

/** For those who may not list families: an id is taken as it is, and the server looks. */
const asGiven = (text: string): FoundFamily =>
  isId(text)
    ? { familyId: text, name: text, createdByUserId: undefined }
    : { problem: 'You may not list families, so the file must give their ids.' };

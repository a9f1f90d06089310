/** The table that was read, what its columns are, and what holds for rows that do not say it. */
import { useCallback, useEffect, useMemo, useState } from 'react';
import { usePermission } from '../../../access/viewer.tsx';
import { isUuid } from '../../../ui/uuid.rules.ts';
import type { AccountRole } from '../account.rules.ts';
import { keep } from '../keep.ts';
import { NOBODY, type Who } from '../who-fields.tsx';
import { type CheckedRow, checkRows, type FoundFamily, familiesNamed } from './check.rules.ts';
import { guessMapping, hasHeadings, type Mapping, mappingByPlace } from './columns.rules.ts';
import { findFamilies } from './find-families.ts';
import type { Table } from './read.ts';

interface Draft {
  /** What was pasted: still there when its table is given back, to be mended. */
  readonly text: string;
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
  text: '',
  table: undefined,
  isHeaded: false,
  mapping: [],
  who: NOBODY,
  role: 'MANAGED_ACCOUNT',
  families: new Map(),
});

/** Back to where the rows come from. */
export const leaveTable = (): void => draft.set({ table: undefined, families: new Map() });

/** After they are sent: they may hold passwords. */
export const forgetTable = (): void => {
  leaveTable();
  draft.set({ text: '' });
};

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
const TOO_MANY: FoundFamily = { problem: `More than ${MOST_FAMILIES} families in one file. Cut it into several.` };

interface Checked {
  readonly rows: readonly CheckedRow[];
  readonly isLookingUp: boolean;
  /** Why some of the families could not be looked up. */
  readonly problem: string | undefined;
  readonly lookAgain: () => void;
}

const keepFound = (found: ReadonlyMap<string, FoundFamily>): void =>
  draft.set({ families: new Map([...draft.get().families, ...found]) });

/** The rows, checked, as soon as anything changes; families are looked up as they turn up. */
export function useChecked(): Checked {
  const { table, isHeaded, mapping, who, role, families } = draft.use();
  const mayFind = usePermission('families').isAllowed;
  const cells = useMemo(() => (table === undefined ? [] : table.rows.slice(isHeaded ? 1 : 0)), [table, isHeaded]);
  const lines = useMemo(() => table?.lines.slice(isHeaded ? 1 : 0) ?? [], [table, isHeaded]);
  const named = useMemo(() => familiesNamed(cells, mapping), [cells, mapping]);
  const [round, setRound] = useState(0);
  const [problem, setProblem] = useState<string>();
  // biome-ignore lint/correctness/useExhaustiveDependencies: another round looks for those that were not answered.
  useEffect(() => {
    setProblem(undefined);
    const missing = named.filter((name) => !draft.get().families.has(name));
    if (missing.length === 0) return;
    if (!mayFind) return keepFound(new Map(missing.map((name) => [name, asGiven(name)])));
    if (named.length > MOST_FAMILIES) return keepFound(new Map(missing.map((name) => [name, TOO_MANY])));
    let isWanted = true;
    // All at once: each change of them has every row checked anew.
    void findFamilies(missing, () => isWanted).then(({ found, problem: broken }) => {
      keepFound(found);
      if (isWanted) setProblem(broken);
    });
    return () => {
      isWanted = false;
    };
  }, [named, mayFind, round]);
  const rows = useMemo(
    () => checkRows(cells, { mapping, defaults: { ...who, role }, families, lines }),
    [cells, mapping, who, role, families, lines],
  );
  return {
    rows,
    isLookingUp: problem === undefined && named.some((name) => !families.has(name)),
    problem,
    lookAgain: useCallback(() => setRound((before) => before + 1), []),
  };
}

/** For those who may not list families: an id is taken as it is, and the server looks. */
const asGiven = (text: string): FoundFamily =>
  isUuid(text)
    ? { familyId: text, name: text, createdByUserId: undefined }
    : { problem: 'You may not list families, so the file must give their ids.' };

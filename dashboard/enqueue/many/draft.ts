/** State of the "Many" tab: the table, its column mapping, and the defaults for rows without a value. */

import { useCallback, useEffect, useMemo, useState } from 'react';
import { usePermission } from '../../access/viewer.tsx';
import { isUuid } from '../../ui/text.rules.ts';
import type { AccountRole } from '../account.rules.ts';
import { keep } from '../use-members.ts';
import { NOBODY, type Who } from '../who-fields.tsx';
import {
  type CheckedRow,
  checkRows,
  type FoundFamily,
  familiesNamed,
  guessMapping,
  hasHeadings,
  type Mapping,
  mappingByPlace,
} from './check.rules.ts';
import { findFamilies, type Table } from './read.ts';

interface Draft {
  /** The pasted text; kept so that it can be corrected after leaving the table. */
  readonly text: string;
  readonly table: Table | undefined;
  /** Whether the first row is a heading. */
  readonly isHeaded: boolean;
  readonly mapping: Mapping;
  readonly who: Who;
  readonly role: AccountRole;
  /** Results of the family lookups, by the text in the table. */
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

/** Returns to the step where rows are pasted or a file is chosen. */
export const leaveTable = (): void => draft.set({ table: undefined, families: new Map() });

/** Clears the table and the pasted text after sending, as they may contain passwords. */
export const forgetTable = (): void => {
  leaveTable();
  draft.set({ text: '' });
};

export function takeTable(table: Table): void {
  headed(table, hasHeadings(table.rows[0] ?? []));
}

/** Sets whether the first row is a heading, and guesses the column mapping again. */
export function headed(table: Table, isHeaded: boolean): void {
  const width = Math.max(0, ...table.rows.map((row) => row.length));
  const headings = Array.from({ length: width }, (_, column) => table.rows[0]?.[column] ?? '');
  draft.set({ table, isHeaded, mapping: isHeaded ? guessMapping(headings) : mappingByPlace(width) });
}

/** A table with more families gets a problem instead of a lookup for each. */
const MOST_FAMILIES = 500;
const TOO_MANY: FoundFamily = { problem: `More than ${MOST_FAMILIES} families in one file. Cut it into several.` };

interface Checked {
  readonly rows: readonly CheckedRow[];
  readonly isLookingUp: boolean;
  /** Why some families could not be looked up. */
  readonly problem: string | undefined;
  readonly lookAgain: () => void;
}

const keepFound = (found: ReadonlyMap<string, FoundFamily>): void =>
  draft.set({ families: new Map([...draft.get().families, ...found]) });

/** The checked rows, updated on every change; new family names are looked up automatically. */
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
    // Stored in one step: each change of `families` checks every row again.
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

/** For callers who may not list families: takes an id unchecked, and the server validates it. */
const asGiven = (text: string): FoundFamily =>
  isUuid(text)
    ? { familyId: text, name: text, createdByUserId: undefined }
    : { problem: 'You may not list families, so the file must give their ids.' };

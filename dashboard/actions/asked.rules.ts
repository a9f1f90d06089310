/**
 * Validates an action's input before it is sent: the API would reject the whole request without naming the field. Pure.
 */

import type { ActionField } from './action.ts';

/** The largest Int of GraphQL. */
const LARGEST = 2_147_483_647;

/** The fields to show for this input and the values so far. */
export const fieldsFor = (
  fields: readonly ActionField[],
  input: object,
  given: Readonly<Record<string, unknown>>,
): readonly ActionField[] =>
  fields.filter(
    ({ onlyWith, onlyWhen }) =>
      (onlyWith === undefined || onlyWith in input) && (onlyWhen === undefined || given[onlyWhen[0]] === onlyWhen[1]),
  );

/** The values without those of fields that are no longer shown. */
export function givenIn(
  all: readonly ActionField[],
  asked: readonly ActionField[],
  given: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  const hidden = all.filter(({ onlyWhen, name }) => onlyWhen !== undefined && !asked.some((one) => one.name === name));
  return Object.fromEntries(Object.entries(given).filter(([name]) => !hidden.some((one) => one.name === name)));
}

/** The errors by field; undefined when there are none. */
export function problemsIn(
  fields: readonly Pick<ActionField, 'name' | 'kind' | 'isRequired' | 'laterThan'>[],
  needsReason: boolean,
  given: Readonly<Record<string, unknown>>,
): Record<string, string> | undefined {
  const problems: Record<string, string> = {};
  const needed: typeof fields = [
    ...fields,
    ...(needsReason ? [{ name: 'reason', kind: 'text', isRequired: true } as const] : []),
  ];
  for (const { name, kind, isRequired = false, laterThan } of needed) {
    const value = given[name] ?? '';
    if (value === '' || (typeof value === 'string' && value.trim() === '')) {
      if (isRequired) problems[name] = 'Required.';
    } else if (kind === 'number' && !isCount(value)) problems[name] = 'A whole number, at least 1.';
    else if (laterThan !== undefined && !isLater(value, given[laterThan])) problems[name] = 'Must be after the start.';
  }
  return Object.keys(problems).length === 0 ? undefined : problems;
}

/** True while the other one is missing. */
const isLater = (one: unknown, other: unknown): boolean =>
  other === undefined || other === '' || Date.parse(String(one)) > Date.parse(String(other));

const isCount = (value: unknown): boolean => Number.isInteger(value) && Number(value) >= 1 && Number(value) <= LARGEST;

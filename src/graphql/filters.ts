/** Filter inputs for all lists, and their translation to Prisma conditions. */
import { z } from 'zod';
import { builder } from './builder.ts';

/** Each choice is a parameter of the statement, which PostgreSQL limits to 65,535. */
const MOST_CHOICES = 1_000;

export interface StringFilter {
  readonly equals?: string | null;
  readonly in?: readonly string[] | null;
  readonly startsWith?: string | null;
}

export interface DateTimeRange {
  readonly from?: Date | null;
  readonly to?: Date | null;
}

/** Far more than any filtered column has; longer texts would only be sent to the database for nothing. */
const LONGEST_TEXT = 1_000;
const filterText = z.string().max(LONGEST_TEXT, `has at most ${LONGEST_TEXT} characters`);

/** A range that ends before it begins is empty: the caller has probably swapped the two. */
const forwards = z
  .custom<DateTimeRange>()
  .refine(({ from, to }) => !from || !to || from < to, { path: ['to'], message: 'must be after `from`.' });

export const StringFilterInput = builder.inputRef<StringFilter>('StringFilter').implement({
  description: 'Conditions on a text; all given conditions must hold.',
  fields: (t) => ({
    equals: t.string({ description: 'Equal to this text.', validate: filterText.nullish() }),
    in: t.stringList({
      description: `One of these, at most ${MOST_CHOICES}.`,
      validate: z.array(filterText).max(MOST_CHOICES, `has at most ${MOST_CHOICES} texts`).nullish(),
    }),
    startsWith: t.string({ description: 'Starts with this.', validate: filterText.nullish() }),
  }),
});
export const DateTimeRangeInput = builder.inputRef<DateTimeRange>('DateTimeRange').implement({
  description: 'A span of time; leave out an end to keep it open.',
  fields: (t) => ({
    from: t.field({ type: 'DateTime', description: 'From this instant on, inclusive.' }),
    to: t.field({ type: 'DateTime', description: 'Before this instant, which is after `from`.' }),
  }),
  validate: forwards,
});
export const OrderDirection = builder.enumType('OrderDirection', {
  description: 'The direction of an order.',
  values: {
    ASC: { value: 'asc', description: 'Smallest or earliest first.' },
    DESC: { value: 'desc', description: 'Largest or latest first.' },
  } as const,
});

export function stringCondition(filter: StringFilter | null | undefined) {
  if (!filter) return undefined;
  const { equals, startsWith, in: oneOf } = filter;
  return {
    ...(typeof equals === 'string' && { equals }),
    ...(oneOf && { in: [...oneOf] }),
    // Prisma turns this into a LIKE pattern, in which these characters are special.
    ...(typeof startsWith === 'string' && { startsWith: startsWith.replace(/[\\%_]/g, '\\$&') }),
  };
}

export function rangeCondition(range: DateTimeRange | null | undefined) {
  if (!range) return undefined;
  return { ...(range.from && { gte: range.from }), ...(range.to && { lt: range.to }) };
}

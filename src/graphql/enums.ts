/** Database enums in the API: the same names in SCREAMING_SNAKE, each with its description. */
import { builder } from './builder.ts';

/** Declares an enum of the API; `descriptions` has one line for every value of the database enum. */
export function enumOf<const V extends string>(name: string, description: string, descriptions: Record<V, string>) {
  const values = Object.fromEntries(
    (Object.entries(descriptions) as [V, string][]).map(([value, text]) => [
      value.toUpperCase(),
      { value, description: text },
    ]),
  ) as Record<string, { value: V; description: string }>;
  return builder.enumType(name, { description, values });
}

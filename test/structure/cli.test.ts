/** The documents of the command-line client fit the schema, and their variables the types that the commands send. */
import { readdirSync, readFileSync } from 'node:fs';
import { buildSchema, parse, validate } from 'graphql';
import { expect, it } from 'vitest';

const root = new URL('../../', import.meta.url);
const schema = buildSchema(readFileSync(new URL('schema.graphql', root), 'utf8'));
const documents = readdirSync(new URL('src/cli', root)).flatMap((file) =>
  [
    ...readFileSync(new URL(`src/cli/${file}`, root), 'utf8').matchAll(
      /['`]\s*((?:query|mutation|subscription)\b[^'`]*)['`]/g,
    ),
  ].map(([, text = '']) => [file, text] as const),
);

it('finds them all', () => {
  expect(documents.length).toBeGreaterThanOrEqual(13);
});

it.each(documents)('%s: %s', (_file, text) => {
  expect(validate(schema, parse(text)).map(({ message }) => message)).toEqual([]);
});

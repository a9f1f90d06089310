/** Writes schema.graphql, the API's text, for frontends, linters and reviews. */
import { writeFile } from 'node:fs/promises';
import { printSchema } from 'graphql';
import { buildSchema } from '../src/schema.ts';

/** The API as SDL, ending in a line break; needs no database. */
export const schemaText = (): string => `${printSchema(buildSchema())}\n`;

if (process.argv[1] === import.meta.filename) {
  await writeFile(new URL('../schema.graphql', import.meta.url), schemaText());
}

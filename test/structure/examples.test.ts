/** The examples' documents fit the schema, so that a change of the API shows here before the long tests run. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { buildSchema, Kind, NoUnusedFragmentsRule, parse, specifiedRules, validate } from 'graphql';
import { describe, expect, it } from 'vitest';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const schema = buildSchema(readFileSync(`${ROOT}schema.graphql`, 'utf8'));
const files = execFileSync('git', ['ls-files', '-co', '--exclude-standard', 'examples'], {
  cwd: ROOT,
  encoding: 'utf8',
})
  .split('\n')
  .filter((path) => /\.(sh|js|mjs|ts|tsx)$/.test(path));

/** A quoted text that begins like a document. */
const DOCUMENT = /(['`])(\s*(?:(?:query|mutation|subscription|fragment)\b[^'`]*?|\{ ?\w+[^'`]*?)\})\s*\1/g;
const documentsOf = (path: string): string[] =>
  [...readFileSync(ROOT + path, 'utf8').matchAll(DOCUMENT)]
    .map(([, , text = '']) => text)
    // Apollo's way to add a fragment, and gql.tada's own directive.
    .map((text) => text.replace(/\$\{\w+\}/g, '').replace('@_unmask', ''));

const folders = [...new Set(files.map((path) => path.split('/').slice(0, 2).join('/')))];
const asking = folders.filter((folder) => !folder.endsWith('webhook-receiver'));

describe('every document of', () => {
  it.each(asking)('%s fits the schema', (folder) => {
    const texts = files.filter((path) => path.startsWith(`${folder}/`)).flatMap(documentsOf);
    const operations = texts
      .flatMap((text) => parse(text).definitions)
      .filter(({ kind }) => kind === Kind.OPERATION_DEFINITION);
    const fragments = texts
      .flatMap((text) => parse(text).definitions)
      .filter(({ kind }) => kind === Kind.FRAGMENT_DEFINITION);
    expect(operations.length).toBeGreaterThanOrEqual(4);
    // A fragment is in its own text, and is used from others.
    const rules = specifiedRules.filter((rule) => rule !== NoUnusedFragmentsRule);
    const problems = operations.flatMap((operation) =>
      validate(schema, { kind: Kind.DOCUMENT, definitions: [operation, ...fragments] }, rules).map(String),
    );
    expect(problems).toEqual([]);
  });
});

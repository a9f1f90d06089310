/** The dashboard's constraints: built only on the public API, using all of it, in small files with few imports. */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildSchema, parse, visit } from 'graphql';
import { describe, expect, it } from 'vitest';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const DASHBOARD = join(ROOT, 'dashboard');

const files = readdirSync(DASHBOARD, { recursive: true, encoding: 'utf8' })
  .map((file) => file.replaceAll('\\', '/'))
  .filter((file) => /\.tsx?$/.test(file) && !file.includes('generated/'));
const textOf = (file: string): string => readFileSync(join(DASHBOARD, file), 'utf8');

const imports = files.flatMap((from) =>
  [...textOf(from).matchAll(/(?:from|import)\s*\(?'(\.[^']+)'/g)].map(([, to = '']) => ({
    from,
    to: normalize(join(dirname(from), to)),
  })),
);

/** Every document, as written after `graphql(`. */
const documents = files.flatMap((file) =>
  [...textOf(file).matchAll(/graphql\(\s*`([^`]+)`/g)].map(([, text = '']) => text),
);

describe('the dashboard', () => {
  it('is read whole', () => {
    expect(files.length).toBeGreaterThan(150);
    expect(documents.length).toBeGreaterThan(60);
  });

  it('sees nothing of the server but the schema', () => {
    expect(imports.filter(({ to }) => to.startsWith('..'))).toEqual([]);
  });

  it('reaches pages by their address alone', () => {
    const direct = imports.filter(({ from, to }) => /-page\.tsx$/.test(to) && from !== 'routes.ts');
    expect(direct.map(({ from, to }) => `${from} -> ${to}`)).toEqual([]);
  });

  it('keeps what pages are made of free of the nouns, except for their actions', () => {
    const isPart = (file: string) => /^(ui|live|graphql|actions|families)\//.test(file);
    const isRoot = (file: string) => !file.includes('/');
    const allowed = (to: string) =>
      isPart(to) || isRoot(to) || to === 'access/viewer.tsx' || /-actions\.tsx?$/.test(to);
    const upward = imports.filter(({ from, to }) => isPart(from) && !allowed(to));
    expect(upward.map(({ from, to }) => `${from} -> ${to}`)).toEqual([]);
    expect(imports.filter(({ from, to }) => /^graphql\//.test(from) && !/^graphql\//.test(to))).toEqual([]);
  });

  it('has no circle', () => {
    const to = new Map(files.map((file) => [file, imports.filter(({ from }) => from === file).map((one) => one.to)]));
    // Remove files that import none of the remaining ones, until only circles remain.
    for (let size = -1; size !== to.size; ) {
      size = to.size;
      for (const [file, targets] of to) if (!targets.some((target) => to.has(target))) to.delete(file);
    }
    expect([...to.keys()]).toEqual([]);
  });

  it('keeps files small', () => {
    const long = files
      .map((file) => ({ file, lines: textOf(file).split('\n').length }))
      .filter(({ lines }) => lines > 250);
    expect(long).toEqual([]);
  });

  it('has no drawer for odds and ends', () => {
    expect(files.filter((file) => /(^|\/)(utils?|helpers?|common|types|index)(\.tsx?|\/)/.test(file))).toEqual([]);
  });

  it('has rules that are pure', () => {
    const rules = files.filter((file) => file.endsWith('.rules.ts'));
    expect(rules.length).toBeGreaterThan(15);
    for (const file of rules) {
      const text = textOf(file).replace(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, '');
      expect(text, file).not.toMatch(/Date\.now\(\)|new Date\(\)|\bwindow\.|\bdocument\.|localStorage|from 'react'/);
    }
  });

  it('can do all that the API can', () => {
    const schema = buildSchema(readFileSync(join(ROOT, 'schema.graphql'), 'utf8'));
    const used = { query: new Set<string>(), mutation: new Set<string>(), subscription: new Set<string>() };
    for (const text of documents)
      visit(parse(text), {
        OperationDefinition({ operation, selectionSet }) {
          for (const one of selectionSet.selections) if (one.kind === 'Field') used[operation].add(one.name.value);
        },
      });
    const missing = (type: { getFields(): object } | null | undefined, names: Set<string>): string[] =>
      Object.keys(type?.getFields() ?? {}).filter((name) => !names.has(name));
    expect(missing(schema.getMutationType(), used.mutation)).toEqual([]);
    // The dashboard shows a re-encryption as the latest one, not by its id.
    expect(missing(schema.getQueryType(), used.query)).toEqual(['resealing']);
    expect(used.subscription).toEqual(new Set(['changed']));
  });
});

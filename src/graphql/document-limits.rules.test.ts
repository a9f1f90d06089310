import fc from 'fast-check';
import { getIntrospectionQuery, parse } from 'graphql';
import { describe, expect, it } from 'vitest';
import {
  DEEPEST_NESTING,
  DIRECTIVES_AT_ONE_PLACE,
  documentProblem,
  MOST_SCHEMA_FIELDS,
} from './document-limits.rules.ts';

const LIMITS = {
  tokens: 5_000,
  directives: 50,
  aliases: 20,
  rootFields: 10,
  breadth: 200,
};
const problem = (query: string) => documentProblem(parse(query), LIMITS);
const times = (count: number, part: (n: number) => string) =>
  Array.from({ length: count }, (_, n) => part(n)).join(' ');

describe('a document', () => {
  it.each([
    ['aliases', (n: number) => `{ a { ${times(n, (i) => `x${i}: b`)} } }`, LIMITS.aliases],
    [
      'aliases of fragments',
      (n: number) => `{ a { ...F } } fragment F on A { ${times(n, (i) => `x${i}: b`)} }`,
      LIMITS.aliases,
    ],
    ['directives', (n: number) => `{ a { ${times(n, () => 'b @x')} } }`, LIMITS.directives],
    [
      'directives of fragments',
      (n: number) => `{ a { ${times(n, () => '...F @x')} } } fragment F on A { b }`,
      LIMITS.directives,
    ],
    ['directives of operations', (n: number) => times(n, (i) => `query Q${i} @x { a }`), LIMITS.directives],
    ['directives of variables', (n: number) => `query (${times(n, (i) => `$v${i}: Int @x`)}) { a }`, LIMITS.directives],
    ['root fields', (n: number) => `{ ${times(n, () => 'a')} }`, LIMITS.rootFields],
    ['root fields', (n: number) => `{ ... { ...F } } fragment F on Q { ${times(n, () => 'a')} }`, LIMITS.rootFields],
    ['breadth', (n: number) => `{ ${'a { '.repeat(5)} ${'b '.repeat(n - 5)} ${'} '.repeat(5)} }`, LIMITS.breadth],
    [
      'breadth of fragments',
      (n: number) => `{ a { ...F } ...F } fragment F on A { b } fragment G on A { ${times(n - 1, () => 'b')} ...F }`,
      LIMITS.breadth,
    ],
    [
      'breadth of fragments that nobody spreads',
      (n: number) => `{ a } fragment F on A { ${times(n, () => 'b')} }`,
      LIMITS.breadth,
    ],
    ['at one place', (n: number) => `{ a ${times(n, () => '@x')} }`, DIRECTIVES_AT_ONE_PLACE],
    ['levels deep', (n: number) => `${'{ a '.repeat(n)}${'}'.repeat(n)}`, DEEPEST_NESTING],
  ])('of as many %s as may be is fine, one more is named', (what, write, limit) => {
    expect(problem(write(limit))).toBeUndefined();
    expect(problem(write(limit + 1))).toContain(what.replace(/ of .*/, ''));
    expect(problem(write(limit + 1))).toContain(String(limit));
  });

  it('of fragments that spread each other twice is refused at once, however many they stand for', () => {
    const bomb = (levels: number) =>
      `{ q { ...F0 } } ${times(levels, (n) => `fragment F${n} on Q { a ...F${n + 1} ...F${n + 1} }`)} fragment F${levels} on Q { a }`;
    const begun = process.cpuUsage();
    expect(problem(bomb(5))).toBeUndefined();
    expect(problem(bomb(10))).toContain('its breadth is 2048, at most 200');
    expect(problem(bomb(90))).toContain('billions');
    expect(process.cpuUsage(begun).user / 1_000).toBeLessThan(1_000);
  });

  it('may ask for the schema as tools do, once, and not for all that it can be nested into', () => {
    const usual = getIntrospectionQuery({
      descriptions: true,
      specifiedByUrl: true,
      directiveIsRepeatable: true,
      schemaDescription: true,
      inputValueDeprecation: true,
      oneOf: true,
    });
    expect(problem(usual)).toBeUndefined();
    expect(problem('{ __schema { types { fields { type { fields { type { name } } } } } } }')).toBeUndefined();
    const flood = `{ ${times(10, (n) => `s${n}: __schema { types { fields { type { fields { type { fields { name } } } } } } }`)} }`;
    expect(problem(flood)).toContain('schema itself');
    expect(
      problem(
        '{ __schema { ...S } } fragment S on __Schema { types { fields { type { fields { args { type { fields { name } } } } } } } }',
      ),
    ).toContain('schema itself');
    const names = (count: number) => `{ __schema { types { ${'name '.repeat(count - 1)} } } }`;
    expect(problem(names(MOST_SCHEMA_FIELDS))).toBeUndefined();
    expect(problem(names(MOST_SCHEMA_FIELDS + 1))).toContain('schema itself');
    expect(problem(`{ types { fields { fields { fields { fields { fields { a } } } } } } }`)).toBeUndefined();
  });

  it('whose fragments go round in circles comes to an end', () => {
    expect(problem('{ ...A } fragment A on Q { a ...B } fragment B on Q { b ...A ...B }')).toBeUndefined();
    expect(problem('{ ...None }')).toBeUndefined();
  });
});

describe('whatever is written', () => {
  const { document } = fc.letrec<{ document: string; set: string }>((tie) => ({
    set: fc
      .array(
        fc.oneof(
          { maxDepth: 4 },
          fc.constantFrom('a', 'x: a', 'a @d', '...F0', '...F1', '...F2 @d'),
          fc.tuple(fc.constantFrom('a', 'y: b', '...', '... on T'), tie('set')).map((parts) => parts.join(' ')),
        ),
        { minLength: 1, maxLength: 6 },
      )
      .map((parts) => `{ ${parts.join(' ')} }`),
    document: fc
      .tuple(tie('set'), tie('set'), tie('set'), tie('set'))
      .map(
        ([top, ...fragments]) => `query ${top} ${fragments.map((set, n) => `fragment F${n} on T ${set}`).join(' ')}`,
      ),
  }));

  it('is counted as by hand', () => {
    fc.assert(
      fc.property(document, (text) => {
        const aliases = text.match(/[xy]: /g)?.length ?? 0;
        const directives = text.match(/@d/g)?.length ?? 0;
        const told = documentProblem(parse(text), {
          tokens: 1,
          directives: directives - 1,
          aliases: aliases,
          rootFields: 1_000,
          breadth: Number.POSITIVE_INFINITY,
        });
        if (directives > 0) expect(told).toContain(`${directives} directives`);
        const enough = {
          tokens: 1,
          directives,
          aliases: aliases - 1,
          rootFields: 1_000,
          breadth: Number.POSITIVE_INFINITY,
        };
        if (aliases > 0) expect(documentProblem(parse(text), enough)).toContain(`${aliases} aliases`);
      }),
      { numRuns: 300 },
    );
  });
});

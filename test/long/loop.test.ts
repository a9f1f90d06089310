/**
 * Whatever a megabyte contains, the server's event loop turns again within 200 ms: each shape known to be
 * expensive, long texts in every argument of the API, and random shapes. LOOP_SEED sets another seed.
 */
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import {
  buildSchema,
  type GraphQLInputType,
  getNamedType,
  isInputObjectType,
  isLeafType,
  isNonNullType,
} from 'graphql';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { sampleOf } from '../support/any-operation.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { anyShape, DOCUMENTS, ENVELOPES, type Shape, TEXTS, VARIABLES } from '../support/hostile-shapes.ts';
import { LONGEST_TURN_MS, longestTurn, startMeasured } from '../support/measured-node.ts';
import { createProcesses, type ServerProcess } from '../support/process.ts';

const SEED = Number(process.env.LOOP_SEED ?? 14);

const processes = createProcesses();
let database: TestDatabase;
let node: ServerProcess;

beforeAll(async () => {
  database = await createTestDatabase({ poolSize: 2 });
  node = await startMeasured(processes, database.url);
});
afterAll(async () => {
  await processes.endAll();
  await database?.drop();
});

const expectShort = async (shape: Shape): Promise<void> => {
  const { ms, status, text } = await longestTurn(node, shape);
  expect(ms, `${shape.what}: ${text.slice(0, 300)}`).toBeLessThan(LONGEST_TURN_MS);
  expect(status, `${shape.what}: ${text.slice(0, 300)}`).toBeLessThan(500);
};

test.each([...VARIABLES, ...DOCUMENTS, ...ENVELOPES])('$what', expectShort);

describe(`shapes of seed ${SEED}`, () => {
  test.each(fc.sample(anyShape, { seed: SEED, numRuns: 100 }))('$what', expectShort);
});

/** The paths to every text in a type, through its input fields. */
const waysToTexts = (type: GraphQLInputType, way: readonly string[] = []): (readonly string[])[] => {
  const named = getNamedType(type);
  if (['String', 'ID'].includes(named.name)) return [way];
  if (!isInputObjectType(named) || way.length > 3) return [];
  return Object.values(named.getFields()).flatMap((field) => waysToTexts(field.type, [...way, field.name]));
};

/** A valid value of the type, with the text at the end of the path. */
const valueWith = (type: GraphQLInputType, [step, ...rest]: readonly string[], text: string): unknown => {
  const named = getNamedType(type);
  if (step === undefined || !isInputObjectType(named)) return text;
  const field = named.getFields()[step];
  return { ...(sampleOf(named) as object), ...(field && { [step]: valueWith(field.type, rest, text) }) };
};

const schema = buildSchema(readFileSync(new URL('../../schema.graphql', import.meta.url), 'utf8'));
const operations = [
  ['query', schema.getQueryType()],
  ['mutation', schema.getMutationType()],
] as const;
const places = operations.flatMap(([kind, type]) =>
  Object.values(type?.getFields() ?? {}).flatMap((field) =>
    field.args.flatMap((arg) =>
      waysToTexts(arg.type).map((way) => ({ kind, field, arg, way, name: [field.name, arg.name, ...way].join('.') })),
    ),
  ),
);

test('the API takes texts in many places', () => expect(places.length).toBeGreaterThan(100));

test.each(places)('long texts as $name', async ({ kind, field, arg, way }) => {
  const given = field.args.filter((one) => one === arg || isNonNullType(one.type));
  const declared = given.map(({ name, type }) => `$${name}: ${type}`).join(', ');
  const passed = given.map(({ name }) => `${name}: $${name}`).join(', ');
  const selection = isLeafType(getNamedType(field.type)) ? '' : ' { __typename }';
  const query = `${kind} (${declared}) { ${field.name}(${passed})${selection} }`;
  for (const [what, text] of Object.entries(TEXTS)) {
    const values = given.map((one) => [one.name, one === arg ? valueWith(one.type, way, text) : sampleOf(one.type)]);
    await expectShort({ what, body: JSON.stringify({ query, variables: Object.fromEntries(values) }) });
  }
});

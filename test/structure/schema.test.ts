/**
 * The schema file: committed, up to date, described throughout, and compatible with the names that scripts and
 * frontends are written against (`api-contract.graphql` beside this file).
 */
import { readFileSync } from 'node:fs';
import {
  buildSchema,
  type GraphQLArgument,
  type GraphQLField,
  type GraphQLInputField,
  type GraphQLInterfaceType,
  type GraphQLNamedType,
  getNamedType,
  isEnumType,
  isInputObjectType,
  isInterfaceType,
  isIntrospectionType,
  isLeafType,
  isObjectType,
  isRequiredArgument,
  isRequiredInputField,
  isSpecifiedScalarType,
  isUnionType,
} from 'graphql';
import { describe, expect, test } from 'vitest';
import { breakingChanges } from '../../scripts/check-schema.ts';
import { schemaText } from '../../scripts/write-schema.ts';

const committedText = readFileSync(new URL('../../schema.graphql', import.meta.url), 'utf8');
const builtText = schemaText();
const built = buildSchema(builtText);
const contractText = readFileSync(new URL('./api-contract.graphql', import.meta.url), 'utf8');
const contract = buildSchema(contractText);

const ownTypes = (schema: typeof built): GraphQLNamedType[] =>
  Object.values(schema.getTypeMap()).filter((type) => !isIntrospectionType(type) && !isSpecifiedScalarType(type));

describe('schema.graphql', () => {
  test('is what the code builds (else: npm run schema)', () => expect(committedText).toBe(builtText));

  test('breaks nothing of the contract', async () =>
    expect(await breakingChanges(contractText, builtText)).toEqual([]));
});

describe('the contract', () => {
  test.each(ownTypes(contract).map((type) => [type.name, type] as const))('%s', (name, wanted) => {
    const given = built.getType(name);
    expect(given?.constructor.name, `the kind of ${name}`).toBe(wanted.constructor.name);
    expect(membersOf(given)).toEqual(expect.arrayContaining(membersOf(wanted)));
    expect(demandsBeyond(given, wanted), 'what callers of the contract would have to give').toEqual([]);
  });

  test('names only what a later part brings beside it', () => {
    const mutations = Object.keys(built.getMutationType()?.getFields() ?? {});
    for (const name of mutations) {
      const result = built.getMutationType()?.getFields()[name]?.type;
      const union = built.getType(String(result));
      if (!isUnionType(union)) throw new Error(`${name} answers ${result}, which is no union.`);
      expect(union.name).toBe(`${name.charAt(0).toUpperCase()}${name.slice(1)}Result`);
      for (const member of union.getTypes()) {
        const isRefusal = member.getInterfaces().some((one) => one.name === 'MutationError');
        expect(
          isRefusal || member.name === union.name.replace(/Result$/, 'Payload'),
          `${member.name} in ${union.name}`,
        ).toBe(true);
      }
    }
    expect(mutations.length).toBeGreaterThanOrEqual(6);
  });
});

describe('conventions', () => {
  test('what a query may select side by side has one shape', () => {
    const groups = ownTypes(built).flatMap((type) => {
      if (isUnionType(type)) return [{ name: type.name, members: type.getTypes() }];
      // A node can be any object; clients do not select fields of several types there.
      if (!isInterfaceType(type) || type.name === 'Node') return [];
      return type.name === 'MutationError' ? [] : [{ name: type.name, members: built.getPossibleTypes(type) }];
    });
    expect(groups.length).toBeGreaterThanOrEqual(6);
    for (const { name, members } of groups) {
      const shapes = new Map<string, string>();
      for (const field of members.flatMap((member) => Object.values(member.getFields()))) {
        expect(shapeOf(field), `${field.name} in the members of ${name}`).toBe(
          shapes.get(field.name) ?? shapeOf(field),
        );
        shapes.set(field.name, shapeOf(field));
      }
    }
  });

  test('everything has a description', () => {
    const without = ownTypes(built).flatMap((type) => [
      ...(type.description ? [] : [type.name]),
      ...describedMembers(type).flatMap(([name, description]) => (description ? [] : [`${type.name}.${name}`])),
    ]);
    expect(without).toEqual([]);
  });

  test('root fields can be null; lists never hold null', () => {
    const roots = [built.getQueryType(), built.getMutationType(), built.getSubscriptionType()];
    const rigid = roots.flatMap((root) =>
      Object.values(root?.getFields() ?? {}).filter((field) => String(field.type).endsWith('!')),
    );
    expect(rigid.map((field) => field.name)).toEqual([]);
    const loose = fieldsOfAll(built).filter(([, type]) => /\[[^!]*\]/.test(type));
    expect(loose).toEqual([]);
  });

  test('enum values are SCREAMING_SNAKE', () => {
    const values = ownTypes(built).flatMap((type) =>
      isEnumType(type) ? type.getValues().map(({ name }) => name) : [],
    );
    expect(values.filter((name) => !/^[A-Z][A-Z0-9_]*$/.test(name))).toEqual([]);
  });

  test('instants end in At and durations are Durations', () => {
    // Named so by the published contract, or (until) like the input field.
    const exceptions = [
      'FireTime.at',
      'Fire.at',
      'AuditEntry.at',
      'SimulatedFire.at',
      'FireCollision.at',
      'RunLogLine.at',
      'AlertChange.at',
      'BulkActionChange.at',
      'Change.at',
      'CircuitChange.at',
      'JobScheduleChange.at',
      'QueuedCreationChange.at',
      'JobRunChange.at',
      'JobRun.scheduledFor',
      'SchedulePause.until',
      'Blocker.at',
      ...built.getPossibleTypes(built.getType('Blocker') as GraphQLInterfaceType).map(({ name }) => `${name}.at`),
    ];
    const misnamed = fieldsOfAll(built).filter(
      ([name, type]) => type.replace('!', '') === 'DateTime' && !/\.\w+At$/.test(name) && !exceptions.includes(name),
    );
    expect(misnamed).toEqual([]);
    const asNumbers = fieldsOfAll(built).filter(
      ([name, type]) => /duration|(ms|seconds)$/i.test(name) && type.replace('!', '') !== 'Duration',
    );
    expect(asNumbers).toEqual([]);
  });

  test('each mutation takes one input object', () => {
    const signatures = Object.values(built.getMutationType()?.getFields() ?? {}).map((field) =>
      field.args.map((arg) => `${arg.name}: ${arg.type}`).join(', '),
    );
    expect(signatures.every((signature) => /^input: \w+Input!$/.test(signature))).toBe(true);
  });

  test('every connection has edges, nodes, pageInfo and totalCount, and every page the four arguments', () => {
    const connections = ownTypes(built).filter((type) => type.name.endsWith('Connection'));
    expect(connections.length).toBeGreaterThanOrEqual(6);
    for (const connection of connections) {
      if (!isObjectType(connection)) throw new Error(`${connection.name} is no object type.`);
      expect(Object.keys(connection.getFields()).sort()).toEqual(['edges', 'nodes', 'pageInfo', 'totalCount']);
    }
    const pages = ownTypes(built)
      .filter(isObjectType)
      .flatMap((type) => Object.values(type.getFields()))
      .filter((field) => getNamedType(field.type).name.endsWith('Connection'));
    for (const { name, args } of pages) {
      expect(
        args.map((arg) => `${arg.name}: ${arg.type}`),
        name,
      ).toEqual(expect.arrayContaining(['first: Int', 'after: String', 'last: Int', 'before: String']));
    }
  });
});

/** The parts of a type that GraphQL compares when fragments on two types select a field of the same name. */
const shapeOf = ({ type }: GraphQLField<unknown, unknown>): string => {
  const named = getNamedType(type);
  return isLeafType(named) ? String(type) : String(type).replace(named.name, 'an object');
};

/** A type's members as lines of text that can be compared one by one. */
function membersOf(type: GraphQLNamedType | undefined): string[] {
  if (isEnumType(type)) return type.getValues().map(({ name }) => name);
  if (isUnionType(type)) return type.getTypes().map(({ name }) => name);
  if (isInputObjectType(type)) return Object.values(type.getFields()).map((field) => inputLine(field));
  if (isObjectType(type) || isInterfaceType(type)) {
    return [
      ...type.getInterfaces().map((one) => `implements ${one.name}`),
      ...Object.values(type.getFields()).flatMap((field) => [
        `${field.name}: ${field.type}`,
        ...field.args.map((arg) => `${field.name}(${inputLine(arg)})`),
      ]),
    ];
  }
  return [];
}

const inputLine = ({ name, type, defaultValue }: GraphQLArgument | GraphQLInputField): string =>
  `${name}: ${type}${defaultValue === undefined ? '' : ` = ${defaultValue}`}`;

/** Arguments and input fields that are required although the contract does not contain them. */
function demandsBeyond(given: GraphQLNamedType | undefined, wanted: GraphQLNamedType): string[] {
  if (isInputObjectType(given) && isInputObjectType(wanted)) {
    const known = wanted.getFields();
    return Object.values(given.getFields())
      .filter((field) => isRequiredInputField(field) && !(field.name in known))
      .map(({ name }) => name);
  }
  if (!isObjectType(given) || !isObjectType(wanted)) return [];
  return Object.values(wanted.getFields()).flatMap((field) => {
    const known = new Set(field.args.map(({ name }) => name));
    return (given.getFields()[field.name]?.args ?? [])
      .filter((arg) => isRequiredArgument(arg) && !known.has(arg.name))
      .map((arg) => `${field.name}(${arg.name})`);
  });
}

function describedMembers(type: GraphQLNamedType): [string, string | null | undefined][] {
  if (isEnumType(type)) return type.getValues().map(({ name, description }) => [name, description]);
  if (isInputObjectType(type)) {
    return Object.values(type.getFields()).map(({ name, description }) => [name, description]);
  }
  if (!isObjectType(type) && !isInterfaceType(type)) return [];
  return Object.values<GraphQLField<unknown, unknown>>(type.getFields()).flatMap(({ name, description, args }) => [
    [name, description] as [string, string | null | undefined],
    ...args.map((arg): [string, string | null | undefined] => [`${name}(${arg.name})`, arg.description]),
  ]);
}

/** Every output field as `Type.field` and its type's text. */
function fieldsOfAll(schema: typeof built): [string, string][] {
  return ownTypes(schema)
    .filter((type) => isObjectType(type) || isInterfaceType(type))
    .flatMap((type) =>
      Object.values(type.getFields()).map((field): [string, string] => [
        `${type.name}.${field.name}`,
        String(field.type),
      ]),
    );
}

/** Generates a valid document and variables for any root field of a schema, from the schema alone. */
import { randomUUID } from 'node:crypto';
import {
  type GraphQLField,
  type GraphQLInputType,
  getNamedType,
  getNullableType,
  isEnumType,
  isInputObjectType,
  isLeafType,
  isListType,
  isRequiredArgument,
  isRequiredInputField,
} from 'graphql';

const SCALARS: Readonly<Record<string, () => unknown>> = {
  UUID: randomUUID,
  ID: () => Buffer.from(`QueuedCreation:${randomUUID()}`).toString('base64url'),
  String: () => `text-${randomUUID().slice(0, 8)}`,
  Int: () => 1,
  Float: () => 1.5,
  Boolean: () => true,
  DateTime: () => new Date(Date.now() - 60_000).toISOString(),
  Duration: () => 'PT1M',
  CronExpression: () => '0 5 * * *',
  TimeZone: () => 'UTC',
  JSON: () => ({}),
};

/** A value of the type that passes its validation; of an input object only the required fields. */
export function sampleOf(given: GraphQLInputType): unknown {
  const type = getNullableType(given);
  if (isListType(type)) return [sampleOf(type.ofType)];
  if (isEnumType(type)) return type.getValues()[0]?.name;
  if (isInputObjectType(type))
    return Object.fromEntries(
      Object.values(type.getFields())
        .filter(isRequiredInputField)
        .map((field) => [field.name, sampleOf(field.type)]),
    );
  const make = SCALARS[type.name];
  if (make === undefined) throw new Error(`No value is known for ${type.name}.`);
  return make();
}

/** For example `{kind: 'query', document: 'query ($a0: UUID!) { family(familyId: $a0) { __typename } }', ...}`. */
export function anyOperation(kind: string, field: GraphQLField<unknown, unknown>) {
  const args = field.args.filter(isRequiredArgument);
  const declared = args.map((arg, index) => `$a${index}: ${arg.type}`).join(', ');
  const passed = args.map((arg, index) => `${arg.name}: $a${index}`).join(', ');
  const selection = isLeafType(getNamedType(field.type)) ? '' : ' { __typename }';
  return {
    document: `${kind}${declared && ` (${declared})`} { ${field.name}${passed && `(${passed})`}${selection} }`,
    variables: Object.fromEntries(args.map((arg, index) => [`a${index}`, sampleOf(arg.type)])),
  };
}

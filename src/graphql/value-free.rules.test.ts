import fc from 'fast-check';
import {
  buildSchema,
  coerceInputValue,
  type GraphQLInputType,
  GraphQLScalarType,
  type GraphQLSchema,
  parse,
  parseType,
  typeFromAST,
  validate,
} from 'graphql';
import { describe, expect, it } from 'vitest';
import { uuid } from './scalars.ts';
import { valueFree } from './value-free.rules.ts';

const TYPES = [
  'Int',
  'Float',
  'String',
  'Boolean',
  'ID',
  'UUID',
  'Colour',
  'Input',
  '[Int!]',
  '[Colour!]!',
  '[Input]',
] as const;
const schema: GraphQLSchema = buildSchema(`
  scalar UUID
  enum Colour { RED GREEN ZANZIBAR }
  input Input { ${TYPES.map((type, index) => `f${index}: ${type}`).join(' ')} }
  type Query { ${TYPES.map((type, index) => `q${index}(a: ${type}): Int`).join(' ')} }
`);
Object.assign(schema.getType('UUID') ?? {}, new GraphQLScalarType({ name: 'UUID', ...uuid }).toConfig());

const SECRET = 'Zx9Qw7Kp3';
const DIGITS = '918273645546372819';
/** Put around the secret: everything that could be taken for a part of a message. */
const NOISE = [
  '"',
  '; ',
  ', found ',
  ' value: ',
  ' does not exist in "Colour" enum.',
  ' Did you mean the enum value "',
  '"?',
  ': ',
  '.',
  ' at "input"; ',
  '\n',
  '} ',
  'Name "',
];
const text = fc
  .tuple(fc.array(fc.constantFrom(...NOISE), { maxLength: 5 }), fc.array(fc.constantFrom(...NOISE), { maxLength: 5 }))
  .map(([before, after]) => `${before.join('')}${SECRET}${after.join('')}`);
const json = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: 'small' },
    text,
    fc.constantFrom<unknown>(Number(DIGITS), 0.918273645546372, SECRET, true, null),
    fc.array(tie('value'), { maxLength: 3 }),
    fc.dictionary(fc.constantFrom(...TYPES.map((_, index) => `f${index}`)), tie('value'), { maxKeys: 3 }),
  ),
})).value;

const literal = (value: unknown, isBare: boolean): string => {
  if (typeof value === 'string') return isBare ? SECRET : JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map((one) => literal(one, isBare)).join(' ')}]`;
  if (typeof value !== 'object' || value === null) return String(value);
  return `{${Object.entries(value)
    .map(([name, one]) => `${name}: ${literal(one, isBare)}`)
    .join(' ')}}`;
};

const expectNone = (messages: readonly string[]): void => {
  for (const message of messages) {
    const told = valueFree(message);
    expect(told).not.toContain(SECRET);
    expect(told).not.toMatch(/9182736455|\d{9}/);
    expect(told.length).toBeGreaterThan(20);
  }
};

describe('no value is left in', () => {
  it('a refused variable', () => {
    let refusals = 0;
    fc.assert(
      fc.property(fc.constantFrom(...TYPES), json, (name, value) => {
        const messages: string[] = [];
        const type = typeFromAST(schema, parseType(name)) as GraphQLInputType;
        coerceInputValue(value, type, (_path, _value, error) => messages.push(error.message));
        refusals += messages.length;
        expectNone(messages);
      }),
      { numRuns: 1_000 },
    );
    expect(refusals).toBeGreaterThan(500);
  });

  it('a refused document', () => {
    let refusals = 0;
    fc.assert(
      fc.property(fc.nat(TYPES.length - 1), json, fc.boolean(), (index, value, isBare) => {
        const errors = validate(schema, parse(`{ q${index}(a: ${literal(value, isBare)}) }`));
        refusals += errors.length;
        expectNone(errors.map(({ message }) => message));
      }),
      { numRuns: 1_000 },
    );
    expect(refusals).toBeGreaterThan(500);
  });

  it('a document that cannot be read', () => {
    fc.assert(
      fc.property(
        json,
        fc.boolean(),
        fc.nat(),
        fc.constantFrom('', '"', '}', '$', 'é', '\u0007', '01'),
        (value, isBare, at, stray) => {
          const whole = `{ q0(a: ${literal(value, isBare)}) }`;
          const cut = at % whole.length;
          try {
            parse(whole.slice(0, cut) + stray + whole.slice(cut + 1));
          } catch (error) {
            expectNone([(error as Error).message]);
          }
        },
      ),
      { numRuns: 2_000 },
    );
  });
});

describe('what remains tells what to do', () => {
  it.each([
    ['Int cannot represent non-integer value: "x"', 'Int cannot represent non-integer value.'],
    [
      'Int cannot represent non 32-bit signed integer value: 3000000000',
      'Int cannot represent non 32-bit signed integer value.',
    ],
    ['String cannot represent a non string value: 123', 'String cannot represent a non string value.'],
    [
      'Value "PENDNG" does not exist in "EntryStatus" enum. Did you mean the enum value "PENDING"?',
      'The value does not exist in "EntryStatus" enum. Did you mean the enum value "PENDING"?',
    ],
    [
      'Enum "EntryStatus" cannot represent non-enum value: "FAILED". Did you mean the enum value "FAILED"?',
      'Enum "EntryStatus" cannot represent non-enum value. Did you mean the enum value "FAILED"?',
    ],
    ['Expected value of type "UUID!", found null.', 'Expected value of type "UUID!".'],
    ['Argument "input" has invalid value { password: "x" }.', 'Argument "input" has an invalid value.'],
    ['Syntax Error: Expected Name, found String "x".', 'Syntax Error: Expected Name, found String.'],
    ['Syntax Error: Expected Name, found "}".', 'Syntax Error: Expected Name, found "}".'],
    ['Syntax Error: Unexpected character: U+00E9.', 'Syntax Error: Unexpected character.'],
    ['Syntax Error: Invalid number, expected digit but got: "x".', 'Syntax Error: Invalid number, expected digit.'],
    [
      'Cannot query field "nme" on type "Family". Did you mean "name"?',
      'Cannot query field "nme" on type "Family". Did you mean "name"?',
    ],
    ['Field "A.b" of required type "Int!" was not provided.', 'Field "A.b" of required type "Int!" was not provided.'],
  ])('%s', (message, told) => {
    expect(valueFree(message)).toBe(told);
  });
});

/**
 * Which texts of the API can contain personal data. Addresses are removed from every text for masked roles
 * automatically; whether a text contains a person's name, or must not be changed, has to be decided by a developer.
 * So each field name is in one of these lists, and a new one must be added to one.
 */
import { buildSchema, type GraphQLObjectType } from 'graphql';
import { expect, test } from 'vitest';
import { schemaText } from '../../scripts/write-schema.ts';
import { maskPersonalData, PERSONAL, PLAIN, textFields } from '../../src/access/personal-data.ts';

const words = (text: string): string[] => text.trim().split(/\s+/);

/** Personal data: hidden completely wherever it occurs. */
const PERSONS = words('fullName email displayCode');
/** Actors: a name given by a token or an issuer, which may be an address. */
const ACTORS = words(`actor actorId askedBy by changedBy createdBy endedBy openedBy pausedBy redeliveredBy revokedBy
  stateChangedBy undoneBy updatedBy`);
/** Texts written by users or other programs, or texts that quote them. */
const FREE =
  words(`advice after aggregateName answer before body cause changeReason default description errorMessage explanation fields
  filter input label lastErrorMessage lastFireSummary looksAt message notes payload problem reason stateReason suggestedCure summary undoReason url
  value warnings`);
/** Names given by this server or its operators: codes, keys, jobs, nodes, tokens. */
const TECHNICAL = words(`action address aggregateType clientRef code cronDescription cursor date endCursor errorCode
  eventType eventTypes generatedPassword groupKey hostName instanceHost jobName jobNames key lastErrorCode localTime masterKeyId
  mutation name node organizationId path permissions prefix providerRequestId requestId rule secret sequence
  startCursor subject targetId targetType target threshold thresholdName title token tokenPrefix username version zitadelUserId`);

const schema = buildSchema(schemaText());
const nameOf = (coordinate: string): string => coordinate.split('.')[1] ?? '';
const coordinates = [...textFields(schema).keys()].filter((one) => !/^(Query|Mutation|Subscription)\./.test(one));

test('of every text somebody has said what it can hold', () => {
  const lists = [...PERSONS, ...ACTORS, ...FREE, ...TECHNICAL];
  expect(new Set(lists).size, 'in one list each').toBe(lists.length);
  const names = new Set(coordinates.map(nameOf));
  expect([...names].filter((name) => !lists.includes(name)).sort()).toEqual([]);
  expect(lists.filter((name) => !names.has(name)).sort(), 'gone from the schema').toEqual([]);
});

test('what is a person’s own is hidden whole, and what is left as it is was meant to be', () => {
  const whole = Object.entries(PERSONAL).filter(([, mask]) => mask('a text', {}) === '•••');
  expect(whole.map(([coordinate]) => coordinate).sort()).toEqual(
    coordinates.filter((one) => PERSONS.includes(nameOf(one))).sort(),
  );
  expect([...PLAIN].filter((one) => !coordinates.includes(one) || !TECHNICAL.includes(nameOf(one)))).toEqual([]);
});

test('every text loses its addresses for a masked role, and for no other, but for those that are to stay', async () => {
  const built = buildSchema(schemaText());
  maskPersonalData(built, ['viewer']);
  const address = 'write to ann@example.org';
  for (const [coordinate, field] of textFields(built)) {
    if (!coordinates.includes(coordinate)) continue;
    const [typeName = ''] = coordinate.split('.');
    const type = built.getType(typeName) as GraphQLObjectType;
    const answer = (role: string) =>
      field.resolve?.(
        { [field.name]: address },
        {},
        { caller: { role } } as never,
        {
          fieldName: field.name,
          parentType: type,
        } as never,
      ) ?? address;
    const shown = PLAIN.has(coordinate) ? address : PERSONS.includes(field.name) ? '•••' : 'write to •••';
    expect(await answer('viewer'), coordinate).toBe(shown);
    expect(await answer('operator'), coordinate).toBe(address);
  }
});

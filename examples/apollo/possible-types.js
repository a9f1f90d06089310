/**
 * Writes possible-types.json: which types each union and interface has. Without it Apollo's cache loses what a
 * fragment like `... on MutationError` selects.
 */
import { writeFileSync } from 'node:fs';

const { FAMILY_HUB_URL = 'http://127.0.0.1:4000', FAMILY_HUB_TOKEN } = process.env;
const response = await fetch(`${FAMILY_HUB_URL}/graphql`, {
  method: 'POST',
  headers: {
    'content-type': 'application/json',
    ...(FAMILY_HUB_TOKEN && { authorization: `Bearer ${FAMILY_HUB_TOKEN}` }),
  },
  body: JSON.stringify({ query: '{ __schema { types { name possibleTypes { name } } } }' }),
});
const { data, errors } = await response.json();
if (errors) throw new Error(errors[0].message);
const abstract = data.__schema.types.filter(({ possibleTypes }) => possibleTypes !== null);
const possibleTypes = abstract.map(({ name, possibleTypes }) => [name, possibleTypes.map((type) => type.name)]);
writeFileSync('possible-types.json', JSON.stringify(Object.fromEntries(possibleTypes)));

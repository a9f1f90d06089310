/** Only the schema's text is linted here, by the rules of GraphQL and Relay; code is Biome's. */
import { configs, parser, rules } from '@graphql-eslint/eslint-plugin';

export default [
  {
    files: ['schema.graphql'],
    languageOptions: { parser, parserOptions: { graphQLConfig: { schema: './schema.graphql' } } },
    plugins: { '@graphql-eslint': { rules } },
    rules: {
      ...configs['flat/schema-recommended'].rules,
      ...configs['flat/schema-relay'].rules,
      // Lists of scalars and of plain objects exist beside connections; attempts have no global id.
      '@graphql-eslint/relay-edge-types': ['error', { listTypeCanWrapOnlyEdgeType: false, shouldImplementNode: false }],
      // Plain keys stand beside the global id under their own name: `familyId`, `userId`.
      '@graphql-eslint/no-typename-prefix': 'off',
      // Every Node has an `id` by its interface; answers, errors and parts of objects have none.
      '@graphql-eslint/strict-id-in-types': 'off',
      '@graphql-eslint/require-description': [
        'error',
        { types: true, FieldDefinition: true, InputValueDefinition: true, EnumValueDefinition: true },
      ],
    },
  },
];

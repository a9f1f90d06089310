/** Only the schema's text is linted here, by the rules of GraphQL and Relay; code is Biome's. */
import { rules, parser, configs } from '@graphql-eslint/eslint-plugin';

export default [
  {
    files: ['schema.graphql'],
    languageOptions: { parser },
    plugins: { '@graphql-eslint': { rules } },
    rules: {
      ...configs['flat/schema-recommended'],
      ...configs['flat/schema-relay'],
      // Connections have `nodes` beside `edges`.
      '@graphql-eslint/relay-edge-types': ['error', { listTypeCanWrapOnlyEdgeType: false }],
    },
  },
];

/** What can be done to the circuit, the nodes, and the simulator. */
import { graphql } from '../graphql/graphql.ts';
import { action } from './action.ts';

export const openCircuit = action({
  mutation: 'openCircuit',
  label: 'Open the circuit',
  explains:
    'Nothing is sent to the identity provider until it is closed, or until the instant given. No entry loses a retry by it.',
  reason: 'required',
  isDangerous: true,
  fields: [{ name: 'until', label: 'Until', kind: 'instant' }],
  document: graphql(`
    mutation OpenCircuit($input: OpenCircuitInput!) {
      outcome: openCircuit(input: $input) {
        ... on OpenCircuitPayload { isChanged identityProvider { name circuit { state } } }
        ... on MutationError { code message }
        ... on InvalidInputError { issues { path code message } }
      }
    }
  `),
  says: 'The circuit is open.',
});

export const closeCircuit = action({
  mutation: 'closeCircuit',
  label: 'Close the circuit',
  explains:
    'Everything that is due is attempted at once. If the provider is still down the circuit opens again, and no retry is spent.',
  reason: 'optional',
  document: graphql(`
    mutation CloseCircuit($input: CloseCircuitInput!) {
      outcome: closeCircuit(input: $input) {
        ... on CloseCircuitPayload { isChanged identityProvider { name circuit { state } } }
        ... on MutationError { code message }
        ... on InvalidInputError { issues { path code message } }
      }
    }
  `),
  says: ({ isChanged }) => (isChanged ? 'The circuit is closed.' : 'It was closed already.'),
});

export const drainNode = action({
  mutation: 'drainNode',
  label: 'Drain',
  explains:
    'The node takes nothing new, finishes what it has in hand, and ends its process. Who started it must start it again.',
  reason: 'required',
  isDangerous: true,
  document: graphql(`
    mutation DrainNode($input: DrainNodeInput!) {
      outcome: drainNode(input: $input) {
        ... on DrainNodePayload { isChanged isLastRunning serverNode { id name state } }
        ... on MutationError { code message }
        ... on InvalidInputError { issues { path code message } }
      }
    }
  `),
  says: ({ serverNode, isLastRunning }) =>
    isLastRunning
      ? `${serverNode.name} drains; it is the last one, so nothing runs after it.`
      : `${serverNode.name} drains.`,
});

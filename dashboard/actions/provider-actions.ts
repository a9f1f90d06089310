/** What can be done to the circuit, the nodes, and the simulator. */
import { graphql } from '../graphql/graphql.ts';
import { action } from './action.ts';
import { AHEAD } from './ahead.ts';
import { Refusal } from './refusal.ts';

export const openCircuit = action({
  mutation: 'openCircuit',
  label: 'Open the circuit',
  explains:
    'Nothing is sent to the identity provider until it is closed, or until the instant given. No entry loses a retry by it.',
  reason: 'required',
  isDangerous: true,
  fields: [{ name: 'until', label: 'Until', kind: 'instant', ahead: AHEAD }],
  document: graphql(
    `
    mutation OpenCircuit($input: OpenCircuitInput!) {
      outcome: openCircuit(input: $input) {
        ... on OpenCircuitPayload { isChanged identityProvider { name circuit { state } } }
        ...Refusal
      }
    }
  `,
    [Refusal],
  ),
  says: 'The circuit is open.',
});

export const closeCircuit = action({
  mutation: 'closeCircuit',
  label: 'Close the circuit',
  explains:
    'Everything that is due is attempted at once. If the provider is still down the circuit opens again after a few failures, each of which costs its entry a retry.',
  reason: 'optional',
  document: graphql(
    `
    mutation CloseCircuit($input: CloseCircuitInput!) {
      outcome: closeCircuit(input: $input) {
        ... on CloseCircuitPayload { isChanged identityProvider { name circuit { state } } }
        ...Refusal
      }
    }
  `,
    [Refusal],
  ),
  says: ({ isChanged }) => (isChanged ? 'The circuit is closed.' : 'It was closed already.'),
});

export const checkIdentityProvider = action({
  mutation: 'checkIdentityProvider',
  label: 'Check now',
  explains: 'The node that answers asks the identity provider whether it takes the token and has the organization.',
  reason: 'none',
  isInstant: true,
  document: graphql(
    `
    mutation CheckIdentityProvider($input: CheckIdentityProviderInput!) {
      outcome: checkIdentityProvider(input: $input) {
        ... on CheckIdentityProviderPayload { check { isOk message } identityProvider { name } }
        ...Refusal
      }
    }
  `,
    [Refusal],
  ),
  says: ({ check }) =>
    check === null ? 'The server ends, and could not look.' : `${check.isOk ? '' : 'Not in order: '}${check.message}`,
});

export const setSimulatorFault = action({
  mutation: 'setSimulatorFault',
  label: 'Set the simulator',
  explains:
    'From now on each call to the built-in simulator goes as chosen, on every node. It shows how the server deals with it; accounts elsewhere are not touched.',
  reason: 'optional',
  fields: [
    {
      name: 'fault',
      label: 'What goes wrong',
      kind: 'select',
      isRequired: true,
      options: [
        ['NONE', 'Nothing'],
        ['UNAVAILABLE', 'It is down: 503'],
        ['INVALID_TOKEN', 'The token is refused: 401'],
        ['INVALID_USERNAME', 'Every username is refused'],
        ['SLOW', 'It is slow'],
      ],
    },
    {
      name: 'delaySeconds',
      label: 'How slow, in seconds',
      kind: 'number',
      hint: '1 to 60, or 3 when left empty.',
      onlyWhen: ['fault', 'SLOW'],
    },
  ],
  document: graphql(
    `
    mutation SetSimulatorFault($input: SetSimulatorFaultInput!) {
      outcome: setSimulatorFault(input: $input) {
        ... on SetSimulatorFaultPayload { isChanged simulator { fault delay changedAt changedBy reason } }
        ...Refusal
      }
    }
  `,
    [Refusal],
  ),
  says: ({ simulator }) =>
    simulator.fault === 'NONE' ? 'The simulator makes accounts again.' : 'The simulator does so from now on.',
});

export const drainNode = action({
  mutation: 'drainNode',
  label: 'Drain',
  explains:
    'The node takes nothing new, finishes what it has in hand, and ends its process. Who started it must start it again.',
  reason: 'required',
  isDangerous: true,
  document: graphql(
    `
    mutation DrainNode($input: DrainNodeInput!) {
      outcome: drainNode(input: $input) {
        ... on DrainNodePayload { isChanged isLastRunning serverNode { id name state drain { askedBy askedAt reason } } }
        ...Refusal
      }
    }
  `,
    [Refusal],
  ),
  says: ({ serverNode, isLastRunning }) =>
    isLastRunning
      ? `${serverNode.name} drains; it is the last one, so nothing runs after it.`
      : `${serverNode.name} drains.`,
});

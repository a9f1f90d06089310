/** The actions on the circuit, the nodes and the simulator. */

import { AHEAD, action } from '../actions/action.ts';
import { Refusal } from '../actions/refusal.ts';
import { graphql } from '../graphql/graphql.ts';

export const openCircuit = action({
  mutation: 'openCircuit',
  label: 'Open the circuit',
  explains:
    'Stops all calls to the identity provider until you close it or the end time passes. No entry loses a retry.',
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
    'Attempts everything that is due. If the provider is still down, the circuit opens again after a few failures; each costs its entry a retry.',
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
  says: ({ isChanged }) => (isChanged ? 'The circuit is closed.' : 'It was already closed.'),
});

export const checkIdentityProvider = action({
  mutation: 'checkIdentityProvider',
  label: 'Check now',
  explains: 'This node checks that the identity provider accepts the token and has the organization.',
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
    check === null ? 'The server is stopping and could not check.' : `${check.isOk ? '' : 'Failed:  '}${check.message}`,
});

export const setSimulatorFault = action({
  mutation: 'setSimulatorFault',
  label: 'Set the simulator',
  explains:
    'Makes every call to the built-in simulator fail or slow down as chosen, on every node, to show how the server reacts. No other accounts are affected.',
  reason: 'optional',
  fields: [
    {
      name: 'fault',
      label: 'Fault',
      kind: 'select',
      isRequired: true,
      options: [
        ['NONE', 'Nothing'],
        ['UNAVAILABLE', 'Down: 503'],
        ['INVALID_TOKEN', 'Token refused: 401'],
        ['INVALID_USERNAME', 'Every username refused'],
        ['SLOW', 'Slow'],
      ],
    },
    {
      name: 'delaySeconds',
      label: 'Delay in seconds',
      kind: 'number',
      hint: '1 to 60. Empty: 3.',
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
  says: ({ simulator }) => (simulator.fault === 'NONE' ? 'The fault is off.' : 'The fault is on.'),
});

export const drainNode = action({
  mutation: 'drainNode',
  label: 'Drain',
  explains:
    'The node takes no new work, finishes its attempts and runs, and exits. It must be started again by hand or by its supervisor.',
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
      ? `${serverNode.name} is draining. It is the last node: nothing runs after it.`
      : `${serverNode.name} drains.`,
});

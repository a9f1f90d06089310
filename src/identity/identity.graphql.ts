/** The identity provider in the API: which one it is, its circuit, and the results of connection checks. */
import { z } from 'zod';
import type { CircuitState } from '../database/generated/prisma/enums.ts';
import { type ChangeEvent, isAbout } from '../events/changes/change-events.ts';
import { type InterestOf, registerInterest } from '../events/changes/change-stream.ts';
import { builder, DEFAULT_PAGE, LARGEST_PAGE } from '../graphql/builder.ts';
import { AFTER, Change } from '../graphql/change-types.ts';
import { enumOf } from '../graphql/enums.ts';
import type { Services } from '../work/context.ts';
import type { TokenKind } from './access-token.ts';
import type { CircuitRow } from './circuit.rules.ts';
import { type CircuitTransition, loadCircuit, loadTransitions } from './circuit.ts';
import type { CheckResult, ProviderStatus } from './zitadel-check.ts';

interface Provider extends ProviderStatus {
  readonly name: string;
  readonly url: string;
}

const pageSize = z.int().min(1, 'is at least 1').max(LARGEST_PAGE, `is at most ${LARGEST_PAGE}`);

const NOTHING_KNOWN: ProviderStatus = {
  organizationId: null,
  instanceHost: null,
  lastCheck: null,
  checks: [],
  latencyP50: null,
  latencyP95: null,
  tokenKind: 'none',
  tokenExpiresAt: null,
};

/** The provider in use, with what this node knows of it. */
export const providerStatus = ({ provider: { name, url, status } }: Pick<Services, 'provider'>): Provider => ({
  name,
  url,
  ...(status?.() ?? NOTHING_KNOWN),
});

const State = enumOf<CircuitState>('CircuitState', 'Whether entries are attempted.', {
  closed: 'Entries are attempted.',
  open: 'The identity provider is down or misconfigured: nothing is attempted, and no retries are used up.',
  half_open: 'One entry is attempted as a probe; its success closes the circuit.',
});
const Transition = builder.objectRef<CircuitTransition>('CircuitTransition').implement({
  description: 'A change of the circuit’s state.',
  fields: (t) => ({
    changedAt: t.at('createdAt', 'When it changed.'),
    from: t.expose('fromState', { type: State, description: 'The state before.' }),
    to: t.expose('toState', { type: State, description: 'The state after.' }),
    cause: t.textOrNull('cause', 'The error code that opened it; null if it did not open, or was opened by hand.'),
    reason: t.textOrNull('reason', 'Why, for people; null if no reason was given.'),
    actor: t.textOrNull('actor', 'Who changed it by hand; null if failures or a probe did.'),
  }),
});
const Circuit = builder.objectRef<CircuitRow>('Circuit').implement({
  description:
    'Stops all attempts while the identity provider is down or misconfigured, so that entries keep their retries.',
  fields: (t) => ({
    state: t.expose('state', { type: State, description: 'Whether entries are attempted.' }),
    reason: t.textOrNull('reason', 'Why it is open, for people; null while closed.'),
    cause: t.textOrNull('cause', 'The error code that opened it; null while closed, or if it was opened by hand.'),
    openedBy: t.textOrNull('openedBy', 'Who opened it by hand; null if failures did.'),
    openedAt: t.atOrNull('openedAt', 'When it opened; null while closed.'),
    nextProbeAt: t.atOrNull(
      'nextProbeAt',
      'When the next due entry may be attempted as a probe; null while closed, and while held open by hand without an end.',
    ),
    transitions: t.field({
      type: [Transition],
      description: 'The latest changes of its state, newest first.',
      args: {
        first: t.arg.int({
          required: true,
          defaultValue: DEFAULT_PAGE,
          description: `How many: 1 to ${LARGEST_PAGE}.`,
          validate: pageSize,
        }),
      },
      resolve: (_circuit, { first }, { provider, reading }) => loadTransitions(reading, provider.name, first),
    }),
  }),
});
export const Check = builder.objectRef<CheckResult>('IdentityProviderCheck').implement({
  description: 'The result of a check of the provider: address, token, organization and version.',
  fields: (t) => ({
    checkedAt: t.at('at', 'When it ended.'),
    isOk: t.flag('isOk', 'Whether accounts can be created there.'),
    code: t.textOrNull('code', 'The code of the error or warning; null when all is well.'),
    message: t.text('message', 'The result, and what to do if something is wrong.'),
  }),
});
const Token = enumOf<TokenKind>('AccessTokenKind', 'How this server authenticates at the provider.', {
  none: 'Not at all: the simulator is built in.',
  personal_access_token: 'A personal access token from the setting ZITADEL_TOKEN.',
  token_file: 'A token from the file of ZITADEL_TOKEN_FILE, read again when it changes.',
  service_account_key: 'Short-lived tokens, obtained with the service account’s key of ZITADEL_KEY_FILE.',
});
export const Status = builder.objectRef<Provider>('IdentityProviderStatus').implement({
  description: 'The identity provider, where the accounts are created.',
  fields: (t) => ({
    name: t.text('name', 'zitadel, or simulator.'),
    url: t.textOrNull('url', 'Its address.'),
    circuit: t.field({
      type: Circuit,
      description: 'Its circuit.',
      resolve: ({ name }, _args, { reading }) => loadCircuit(reading, name),
    }),
    organizationId: t.textOrNull(
      'organizationId',
      'The organization that accounts are created in; null until it is known.',
    ),
    instanceHost: t.textOrNull(
      'instanceHost',
      'The provider’s external domain, if the server reaches it under another name; else null.',
    ),
    tokenKind: t.expose('tokenKind', { type: Token, description: 'How this server authenticates.' }),
    tokenExpiresAt: t.atOrNull(
      'tokenExpiresAt',
      'When the current token expires; the server renews it before. Null if unknown, or before the first token.',
    ),
    lastCheck: t.expose('lastCheck', {
      type: Check,
      nullable: true,
      description:
        'The latest check by the node that answers; a node checks at its start, every few minutes, and when an attempt fails with what looks like a wrong configuration. Null before the first.',
    }),
    recentChecks: t.field({
      type: [Check],
      description: 'The checks by the node that answers since its start, newest first; it keeps 100.',
      args: {
        first: t.arg.int({
          required: true,
          defaultValue: DEFAULT_PAGE,
          description: 'How many, 1 to 100.',
          validate: pageSize,
        }),
      },
      resolve: ({ checks }, { first }) => checks.slice(0, first),
    }),
    latencyP50: t.durationOrNull(
      'latencyP50',
      'Median duration of this node’s last 1,000 calls; null before the first.',
    ),
    latencyP95: t.durationOrNull(
      'latencyP95',
      '95th percentile of the duration of this node’s last 1,000 calls; null before the first.',
    ),
  }),
});
builder.queryField('identityProvider', (t) =>
  t.field({
    type: Status,
    nullable: true,
    description: 'The identity provider that this server uses.',
    resolve: (_root, _args, ctx) => providerStatus(ctx),
  }),
);

const interestOf: InterestOf = (_caller, { provider }) => ({
  topic: 'circuit',
  keep: ({ key }) => key === provider.name,
});
const CircuitChange = builder.objectRef<ChangeEvent>('CircuitChange').implement({
  description: 'The circuit opened, allowed a probe, or closed.',
  interfaces: [Change],
  isTypeOf: isAbout('circuit'),
  fields: (t) => ({
    circuit: t.field({
      type: Circuit,
      nullable: true,
      description: 'The circuit as it is when the event is sent.',
      resolve: ({ key, together }, _args, { provider: { name }, reading }) =>
        together.objectOf('circuit', '', key, async () => new Map([[name, await loadCircuit(reading, name)]])),
    }),
  }),
});
builder.subscriptionFields((t) => ({
  circuitChanged: t.field({
    type: CircuitChange,
    nullable: true,
    description: 'Each change of the current provider’s circuit, once and in order.',
    args: { after: t.arg.string({ description: AFTER }) },
    subscribe: (_root, { after }, ctx) => ctx.feed.subscribe(interestOf(ctx.caller, ctx), after),
    resolve: (change) => change,
  }),
}));

registerInterest('circuit', interestOf);

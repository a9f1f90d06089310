/**
 * The adapter for Zitadel (version 4 or newer): implements the provider port with Zitadel's protocol. It does not
 * use the vendor's client, which needs HTTP/2 end to end and loses a proxy's status and Retry-After. The simulator
 * speaks the same protocol on the same paths, so that this adapter serves both.
 */
import { systemClock } from '../clock.ts';
import { failureOf } from '../diagnosis/failure-messages.ts';
import type {
  AccountAbsent,
  AccountCreated,
  AccountFound,
  CallOptions,
  IdentityProvider,
  NewAccount,
  PasswordSet,
  ProviderFailure,
} from './provider.ts';
import { requestIdOf } from './zitadel-answers.rules.ts';
import { createZitadelClient, type ZitadelOptions } from './zitadel-client.ts';
import { classifyAnswer } from './zitadel-errors.rules.ts';
import {
  createdUserId,
  createUserBody,
  foundUser,
  getUserBody,
  isMessage,
  MAX_PASSWORD_BYTES,
  setPasswordBody,
} from './zitadel-messages.rules.ts';

export interface ZitadelProvider extends IdentityProvider {
  /** The organization that accounts are created in, once it is known. */
  organizationId(): string | undefined;
}

/** An id that no entry has: looking it up shows whether the server has the call at all. */
const NOBODY = '00000000-0000-0000-0000-000000000000';

/** Connects only at the first call. Throws for an invalid URL. */
export function createZitadelProvider(options: ZitadelOptions): ZitadelProvider {
  const clock = options.clock ?? systemClock;
  const client = createZitadelClient(options, clock);

  async function createAccount(
    account: NewAccount,
    callOptions: CallOptions,
  ): Promise<AccountCreated | ProviderFailure> {
    const refusal = refusedAtOnce(account);
    if (refusal !== undefined) return refusal;
    const startedAt = performance.now();
    const held = client.organization(callOptions);
    const organizationId = typeof held === 'string' ? held : await held;
    if (typeof organizationId !== 'string') return organizationId;

    const body = createUserBody(account, organizationId, options.emailDomain);
    const result = await client.send('create', body, remaining(callOptions, startedAt), account.password);
    if (result.kind === 'failure') return result;
    if (result.refusal !== undefined) {
      return resolveByLookup(result.refusal, account, organizationId, remaining(callOptions, startedAt));
    }
    const providerUserId = createdUserId(result.body);
    if (providerUserId === undefined) return classifyAnswer('create', result, clock.now());
    return { kind: 'created', providerUserId, wasAdopted: false, providerRequestId: requestIdOf(result) };
  }

  /** Zitadel refused it or failed: only a lookup shows whether the account is ours, another's, or does not exist. */
  async function resolveByLookup(
    refusal: ProviderFailure,
    account: NewAccount,
    organizationId: string,
    callOptions: CallOptions,
  ): Promise<AccountCreated | ProviderFailure> {
    const look = await findIn(organizationId, account, callOptions);
    if (look.kind === 'failure') return look.class === 'permanent' ? look : { ...look, mayExist: true };
    if (look.kind === 'absent') return refusal;
    return { ...look, kind: 'created', wasAdopted: true };
  }

  async function findIn(
    organizationId: string,
    { entryId, username, password }: Parameters<IdentityProvider['findAccount']>[0],
    callOptions: CallOptions,
  ): Promise<AccountFound | AccountAbsent | ProviderFailure> {
    const result = await client.send('find', getUserBody(entryId), callOptions, password);
    if (result.kind === 'failure') return result;
    const providerRequestId = requestIdOf(result);
    if (result.status !== 200) return { kind: 'absent', providerRequestId };
    const user = foundUser(result.body);
    if (user === undefined) return classifyAnswer('find', result, clock.now());
    const isOurs =
      user.userId === entryId &&
      user.organizationId === organizationId &&
      user.username.toLowerCase() === username.toLowerCase();
    if (!isOurs) return failureOf('ACCOUNT_BELONGS_TO_ANOTHER', { providerRequestId });
    return { kind: 'found', providerUserId: user.userId, providerRequestId };
  }

  return {
    name: options.name,
    url: options.url,
    createAccount,

    async findAccount(account, callOptions) {
      const startedAt = performance.now();
      const organizationId = await client.organization(callOptions);
      if (typeof organizationId !== 'string') return organizationId;
      return findIn(organizationId, account, remaining(callOptions, startedAt));
    },

    async setPassword(entryId, password, callOptions): Promise<PasswordSet | ProviderFailure> {
      if (isTooLong(password)) return tooLong();
      const result = await client.send('setPassword', setPasswordBody(entryId, password), callOptions, password);
      if (result.kind === 'failure') return result;
      if (!isMessage(result.body)) return classifyAnswer('setPassword', result, clock.now());
      return { kind: 'password-set', providerRequestId: requestIdOf(result) };
    },

    async checkConnection(callOptions) {
      const startedAt = performance.now();
      const seen = await client.askOrganization(callOptions);
      if (typeof seen !== 'string') return seen;
      const organizationId = options.organizationId ?? seen;
      const result = await client.send('find', getUserBody(NOBODY), remaining(callOptions, startedAt));
      if (result.kind === 'answer') {
        return {
          ok: true,
          organizationId,
          ...(seen === organizationId ? {} : { warning: differs(organizationId, seen) }),
        };
      }
      // Address, host and token were right a moment ago: only the call itself is missing.
      return result.code === 'PROVIDER_NOT_FOUND' ? failureOf('PROVIDER_TOO_OLD') : result;
    },

    organizationId: client.knownOrganization,
    close: client.close,
  };
}

/** Only a warning: the account's organization is sent in the request's body, and may be right anyway. */
function differs(given: string, seen: string): { code: string; message: string } {
  return {
    code: 'PROVIDER_ORGANIZATION_DIFFERS',
    message: `Accounts are made in the organization ${given} (ZITADEL_ORGANIZATION_ID), but the identity provider answered for the token’s organization ${seen}. If accounts are refused, correct or leave out ZITADEL_ORGANIZATION_ID; if not, a proxy on the way takes out the header x-zitadel-orgid.`,
  };
}

/** Refuses what Zitadel would always refuse, or would answer with an error that looks transient. */
function refusedAtOnce({ password, fullName }: NewAccount): ProviderFailure | undefined {
  if (isTooLong(password)) return tooLong();
  if (fullName.trim() === '') return failureOf('ACCOUNT_DATA_REFUSED', { detail: 'The full name is blank.' });
  return undefined;
}

function tooLong(): ProviderFailure {
  return failureOf('PASSWORD_REFUSED', { detail: `It is longer than ${MAX_PASSWORD_BYTES} bytes.` });
}

function isTooLong(password: string): boolean {
  // A UTF-16 unit has at most 3 bytes: most passwords need no counting.
  return password.length * 3 > MAX_PASSWORD_BYTES && Buffer.byteLength(password) > MAX_PASSWORD_BYTES;
}

function remaining(options: CallOptions, startedAt: number): CallOptions {
  return { ...options, timeoutMs: options.timeoutMs - (performance.now() - startedAt) };
}

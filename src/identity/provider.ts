/**
 * The port to the identity provider: all that the queue knows about it. An adapter translates the provider's
 * protocol into these outcomes and never throws because of the provider.
 */
import type { Failure } from '../diagnosis/failure-messages.ts';

export interface ProviderFailure extends Failure {
  /** The account may exist anyway: a lookup has to show it. */
  readonly mayExist?: boolean;
}

/** The account exists and is the requested one. */
export interface AccountCreated {
  readonly kind: 'created';
  readonly providerUserId: string;
  /** True when an earlier attempt had already created it. */
  readonly wasAdopted: boolean;
  readonly providerRequestId?: string;
}

export interface AccountFound {
  readonly kind: 'found';
  readonly providerUserId: string;
  readonly providerRequestId?: string;
}

export interface AccountAbsent {
  readonly kind: 'absent';
  readonly providerRequestId?: string;
}

export interface PasswordSet {
  readonly kind: 'password-set';
  readonly providerRequestId?: string;
}

/** The result of a connection check: about the provider as a whole, not about an entry. */
export interface ConnectionChecked {
  readonly ok: true;
  /** The organization that accounts are created in. */
  readonly organizationId: string;
  /** Accounts can be created, but something is misconfigured. */
  readonly warning?: { readonly code: string; readonly message: string };
}

export interface NewAccount {
  /** The entry's id, which becomes the user's id at the provider, so that a repeated create is harmless. */
  readonly entryId: string;
  readonly familyId: string;
  readonly username: string;
  readonly fullName: string;
  readonly password: string;
}

export interface CallOptions {
  /** Ends the call at the latest; the caller applies PROVIDER_TIMEOUT with it. */
  readonly signal: AbortSignal;
  /** Milliseconds that remain; sent to the provider as its deadline. */
  readonly timeoutMs: number;
  /** Called immediately before the request is sent, with the milliseconds that it may take; false: do not send it. */
  readonly mayBeSent?: (withinMs: number) => boolean;
}

export interface IdentityProvider {
  /** `zitadel` or `simulator`: the key of its circuit. */
  readonly name: string;
  readonly url: string;
  /**
   * Creates the account. "Exists already" is resolved by a lookup (ours: created with wasAdopted; another's:
   * permanent). An unknown outcome is returned with the class `unknown`; the caller then decides about a lookup.
   */
  createAccount(account: NewAccount, options: CallOptions): Promise<AccountCreated | ProviderFailure>;
  /**
   * Looks up whether this entry's account exists and is ours. Found but not ours: a permanent failure. The password is
   * not sent: it is hidden where the provider quotes it.
   */
  findAccount(
    account: Pick<NewAccount, 'entryId' | 'username'> & { readonly password?: string | undefined },
    options: CallOptions,
  ): Promise<AccountFound | AccountAbsent | ProviderFailure>;
  /** Sets the current password of an account that was created with an earlier one. */
  setPassword(entryId: string, password: string, options: CallOptions): Promise<PasswordSet | ProviderFailure>;
  /** Verifies address, host, token and version, and returns the organization; changes nothing. */
  checkConnection(options: CallOptions): Promise<ConnectionChecked | ProviderFailure>;
  close(): Promise<void>;
}

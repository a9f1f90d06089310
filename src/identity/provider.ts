/**
 * The port to the identity provider: all that the queue knows about it. An adapter turns the
 * provider's protocol into these outcomes and never throws for what the provider did.
 */
import type { Failure } from '../diagnosis/failure-messages.ts';

export interface ProviderFailure extends Failure {
  /** The account may exist all the same: the provider said so, and then could not be asked whose it is. */
  readonly mayExist?: boolean;
}

/** The account exists and is the one that was asked for. */
export interface AccountCreated {
  readonly kind: 'created';
  readonly providerUserId: string;
  /** True when it existed already: an earlier attempt had created it. */
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

/** What a check of the connection found: about the provider as a whole, not about an entry. */
export interface ConnectionChecked {
  readonly ok: true;
  /** The organization that accounts are created in. */
  readonly organizationId: string;
  /** Accounts can be created, but something is not as it should be. */
  readonly warning?: { readonly code: string; readonly message: string };
}

export interface NewAccount {
  /** The entry's id, which becomes the user's id at the provider: that makes a repeat harmless. */
  readonly entryId: string;
  readonly familyId: string;
  readonly username: string;
  readonly fullName: string;
  readonly password: string;
}

export interface CallOptions {
  /** The call ends by this signal at the latest; PROVIDER_TIMEOUT is the caller's to set. */
  readonly signal: AbortSignal;
  /** Milliseconds that remain; passed on to the provider as its own deadline. */
  readonly timeoutMs: number;
  /** Called immediately before the request is sent, with the milliseconds it may take; false: it must not be sent. */
  readonly mayBeSent?: (withinMs: number) => boolean;
}

export interface IdentityProvider {
  /** `zitadel` or `simulator`: the key of its circuit. */
  readonly name: string;
  readonly url: string;
  /**
   * Creates the account. "Exists already" is resolved by a lookup (ours: created with
   * wasAdopted; another's: permanent). An unknown outcome is answered as class `unknown`;
   * the caller then decides about a lookup.
   */
  createAccount(account: NewAccount, options: CallOptions): Promise<AccountCreated | ProviderFailure>;
  /** Looks up whether this entry's account exists and is ours. Found but not ours: a permanent failure. */
  findAccount(
    account: Pick<NewAccount, 'entryId' | 'username'>,
    options: CallOptions,
  ): Promise<AccountFound | AccountAbsent | ProviderFailure>;
  /** Gives an account that was created with an earlier password the present one. */
  setPassword(entryId: string, password: string, options: CallOptions): Promise<PasswordSet | ProviderFailure>;
  /** Verifies address, host, token and version, and reports the organization; changes nothing. */
  checkConnection(options: CallOptions): Promise<ConnectionChecked | ProviderFailure>;
  close(): Promise<void>;
}

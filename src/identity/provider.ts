/**
 * The port to the identity provider: all that the queue knows of it. An adapter turns the
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
  /** True when it was there already: an earlier attempt had made it. */
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

/** What a check of the connection found: about the provider as a whole, and about no entry. */
export interface ConnectionChecked {
  readonly ok: true;
  /** The organization that accounts are made in. */
  readonly organizationId: string;
  /** Accounts can be made, but something is not as it should be. */
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
  /** Asked immediately before the request leaves, with the milliseconds it may take; false: it must not leave any more. */
  readonly mayBeSent?: (withinMs: number) => boolean;
}

export interface IdentityProvider {
  /** `zitadel` or `simulator`: the key of its circuit. */
  readonly name: string;
  readonly url: string;
  /**
   * Creates the account. "Exists already" is resolved by a look inside (ours: created with
   * wasAdopted; another's: permanent). An unknown outcome is answered as class `unknown`;
   * looking is then the caller's decision.
   */
  createAccount(account: NewAccount, options: CallOptions): Promise<AccountCreated | ProviderFailure>;
  /** Looks whether this entry's account exists and is ours. Found but not ours: a permanent failure. */
  findAccount(
    account: Pick<NewAccount, 'entryId' | 'username'>,
    options: CallOptions,
  ): Promise<AccountFound | AccountAbsent | ProviderFailure>;
  /** Gives an account that was made with an earlier password the present one. */
  setPassword(entryId: string, password: string, options: CallOptions): Promise<PasswordSet | ProviderFailure>;
  /** Proves address, host, token and version, and tells the organization; changes nothing. */
  checkConnection(options: CallOptions): Promise<ConnectionChecked | ProviderFailure>;
  close(): Promise<void>;
}

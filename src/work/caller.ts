/**
 * Who calls: everybody who acts is one of these, people and machines alike, and what they may do
 * and see follows from it. Operations are handed the caller and write it into the audit trail.
 */

/** What a caller may do; permissions.ts says it operation by operation. */
export type Role = 'viewer' | 'operator' | 'enqueuer' | 'admin';

/** How the caller was recognised. `local`: no access control is configured; `system`: the server itself. */
export type CallerKind = 'local' | 'admin_token' | 'api_token' | 'oidc' | 'system';

export interface Caller {
  readonly kind: CallerKind;
  /** The same for every request of this caller, for example `token:frontend`: the scope of idempotency keys. */
  readonly id: string;
  /** For people: what the trail and the log call the caller. */
  readonly name: string;
  readonly role: Role;
  /** Sees and touches this family only; null: all families. */
  readonly familyId: string | null;
  /** The visible beginning of the token that was shown; null for other kinds. */
  readonly tokenPrefix: string | null;
  /** The request that is being answered; null outside of one. */
  readonly requestId: string | null;
  /** Where the request came from: the address of the connection; null outside of one. */
  readonly address: string | null;
}

/** The server itself, in what it does unasked; `part` says which part of it, for example `circuit`. */
export const systemCaller = (part: string): Caller => ({
  kind: 'system',
  id: `system:${part}`,
  name: `the server (${part})`,
  role: 'admin',
  familyId: null,
  tokenPrefix: null,
  requestId: null,
  address: null,
});

/** Everybody, while no access control is configured: only programs on this machine can connect. */
export const LOCAL_CALLER: Caller = {
  kind: 'local',
  id: 'local',
  name: 'local',
  role: 'admin',
  familyId: null,
  tokenPrefix: null,
  requestId: null,
  address: null,
};

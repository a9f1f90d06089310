/**
 * The caller of an operation: a person, a program or the server itself. Permissions and visibility depend
 * on it. Operations receive the caller and write it into the audit trail.
 */

/** What a caller may do; permissions.ts lists the roles of each operation. */
export type Role = 'viewer' | 'operator' | 'enqueuer' | 'admin';

/** How the caller was authenticated. `local`: access control is off; `system`: the server itself. */
export type CallerKind = 'local' | 'admin_token' | 'api_token' | 'oidc' | 'system';

export interface Caller {
  readonly kind: CallerKind;
  /** The same in every request of this caller, for example `token:frontend`: the scope of idempotency keys. */
  readonly id: string;
  /** The display name in the audit trail and the log. */
  readonly name: string;
  readonly role: Role;
  /** The only family that the caller can see and change; null: all families. */
  readonly familyId: string | null;
  /** The visible prefix of the caller’s token; null for other kinds. */
  readonly tokenPrefix: string | null;
  /** The id of the current request; null outside of one. */
  readonly requestId: string | null;
  /** The client address of the request; null outside of one. */
  readonly address: string | null;
}

/** The server itself, for what it does automatically; `part` names the part of it, for example `circuit`. */
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

/** Every caller while access control is off: only programs on this machine can connect. */
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

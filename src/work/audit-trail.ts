/** An audit entry as an operation records it, in the transaction of the change. */
import type { Queryable } from '../database/database.ts';
import type { Caller } from './caller.ts';

export interface Act {
  readonly caller: Caller;
  /** The mutation's name, for example `cancelEntry`, or what the server did, for example `circuitOpened`. */
  readonly action: string;
  /** `denied`: refused for want of rights, and nothing was changed. Default `done`. */
  readonly outcome?: 'done' | 'denied';
  /** What was acted on: its type in the API and its plain key. */
  readonly target?: { readonly type: string; readonly id: string };
  /** The family that it concerns; its own callers see it. */
  readonly familyId?: string | null;
  readonly reason?: string | null;
  /** How the target was and is, as far as it changed; never a secret. JSON values only. */
  readonly before?: Readonly<Record<string, unknown>> | null;
  readonly after?: Readonly<Record<string, unknown>> | null;
}

/** Everything of a row that the node writes, under its columns' names. Instants are ISO 8601 in UTC. */
export interface SignedRow {
  readonly id: string;
  readonly at: string;
  readonly actor_kind: string;
  readonly actor_id: string;
  readonly actor: string;
  readonly token_prefix: string | null;
  readonly role: string;
  readonly action: string;
  readonly outcome: string;
  readonly target_type: string | null;
  readonly target_id: string | null;
  readonly family_id: string | null;
  readonly reason: string | null;
  /** JSON, to the letter as it is stored. */
  readonly before: string | null;
  readonly after: string | null;
  readonly request_id: string | null;
  readonly address: string | null;
  readonly node_id: string | null;
  readonly key_id: string;
}

/** An act as it is written: each value under its column's name, ready for JSON, and the code that proves them. */
export type SignedAct = SignedRow & {
  /** In hexadecimal, as PostgreSQL reads bytes. */
  readonly mac: string;
};

/** The keys that prove the rows: a row is signed under the newest, older ones are kept. */
export interface AuditKeys {
  readonly newest: { readonly id: string; readonly key: Buffer };
  /** Undefined for a key that the ring does not hold. */
  byId(id: string): Buffer | undefined;
  /** When keys were created because a ring that was not new had none: what was there before was taken away. */
  readonly madeForMissing?: readonly Date[];
}

export interface AuditTrail {
  /**
   * Signs an audit entry; for statements that write it together with their change:
   * `INSERT INTO auth.audit_entries (${AUDIT_COLUMNS}) SELECT ${AUDIT_COLUMNS}
   *  FROM input, jsonb_populate_record(NULL::auth.audit_entries, input.act)`.
   */
  sign(act: Act): SignedAct;
  /** Writes audit entries in the caller's transaction. */
  record(tx: Queryable, ...acts: readonly Act[]): Promise<void>;
}

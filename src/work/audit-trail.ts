/** The audit entries that operations write, in the transaction of the change. */
import type { Queryable } from '../database/database.ts';
import type { Caller } from './caller.ts';

export interface Act {
  readonly caller: Caller;
  /**
   * The mutation’s name, for example `cancelEntry`, or what the server did automatically, for example
   * `circuitOpened`.
   */
  readonly action: string;
  /** `denied`: the caller lacked the permission, and nothing was changed. Default `done`. */
  readonly outcome?: 'done' | 'denied';
  /** The object of the action: its type in the API and its plain key. */
  readonly target?: { readonly type: string; readonly id: string };
  /** The family that it concerns; callers restricted to this family see the entry. */
  readonly familyId?: string | null;
  readonly reason?: string | null;
  /** The target before and after, only the fields that changed; never a secret. JSON values only. */
  readonly before?: Readonly<Record<string, unknown>> | null;
  readonly after?: Readonly<Record<string, unknown>> | null;
}

/** The columns of a row that the node writes, under their names. Timestamps are ISO 8601 in UTC. */
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
  /** JSON, byte for byte as stored. */
  readonly before: string | null;
  readonly after: string | null;
  readonly request_id: string | null;
  readonly address: string | null;
  readonly node_id: string | null;
  readonly key_id: string;
}

/** A signed audit entry, ready for JSON: the values by column name, and the MAC over them. */
export type SignedAct = SignedRow & {
  /** Hexadecimal, in PostgreSQL’s input format for bytea. */
  readonly mac: string;
};

/** The keys that sign and verify rows: new rows are signed with the newest; older keys are kept for verification. */
export interface AuditKeys {
  readonly newest: { readonly id: string; readonly key: Buffer };
  /** Returns undefined for a key that is not in the key ring. */
  byId(id: string): Buffer | undefined;
  /** When keys were created because an existing key ring had none: the earlier keys had been removed. */
  readonly madeForMissing?: readonly Date[];
}

export interface AuditTrail {
  /**
   * Signs an audit entry, for statements that write it together with their change:
   * `INSERT INTO auth.audit_entries (${AUDIT_COLUMNS}) SELECT ${AUDIT_COLUMNS}
   *  FROM input, jsonb_populate_record(NULL::auth.audit_entries, input.act)`.
   */
  sign(act: Act): SignedAct;
  /** Writes audit entries in the caller's transaction. */
  record(tx: Queryable, ...acts: readonly Act[]): Promise<void>;
}

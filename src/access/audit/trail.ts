/**
 * Writes the trail: an audit entry becomes a row with a MAC over all its values, computed under the audit key
 * before the row is written. The row is written in the transaction of the change, so that neither exists
 * without the other; later the chainer gives it its place in the chain.
 */
import { randomUUID } from 'node:crypto';
import type { Act, AuditKeys, AuditTrail, SignedAct, SignedRow } from '../../work/audit-trail.ts';
import { jsonText, macOfRow, storable } from './proof.rules.ts';

export interface AuditTrailOptions {
  readonly keys: AuditKeys;
  /** The database's time, as this node knows it. */
  now(): Date;
  readonly nodeId: string | null;
  /** Called for each audit entry; wakes the chainer. */
  onSigned?(): void;
}

/** The columns that a node writes, for `INSERT` and `SELECT`. */
export const AUDIT_COLUMNS = `id, at, actor_kind, actor_id, actor, token_prefix, role, action, outcome, target_type,
  target_id, family_id, reason, before, after, request_id, address, node_id, key_id, mac`;

const INSERT = `
  INSERT INTO auth.audit_entries (${AUDIT_COLUMNS})
  SELECT ${AUDIT_COLUMNS} FROM jsonb_populate_recordset(NULL::auth.audit_entries, $1::jsonb)`;

export function createAuditTrail({ keys, now, nodeId, onSigned }: AuditTrailOptions): AuditTrail {
  const sign = (act: Act): SignedAct => {
    const { newest } = keys;
    const row = rowOf(act, { at: now(), nodeId, keyId: newest.id });
    onSigned?.();
    return { ...row, mac: `\\x${macOfRow(newest.key, row).toString('hex')}` };
  };
  return {
    sign,
    async record(tx, ...acts) {
      if (acts.length > 0) await tx.query(INSERT, [JSON.stringify(acts.map(sign))]);
    },
  };
}

function rowOf(act: Act, { at, nodeId, keyId }: { at: Date; nodeId: string | null; keyId: string }): SignedRow {
  const { caller, target } = act;
  return {
    id: growingId(at),
    at: at.toISOString(),
    actor_kind: caller.kind,
    actor_id: storable(caller.id),
    actor: storable(caller.name),
    token_prefix: storable(caller.tokenPrefix),
    role: caller.role,
    action: storable(act.action),
    outcome: act.outcome ?? 'done',
    target_type: storable(target?.type),
    target_id: storable(target?.id),
    family_id: act.familyId?.toLowerCase() ?? null,
    reason: storable(act.reason),
    before: jsonText(act.before),
    after: jsonText(act.after),
    request_id: storable(caller.requestId),
    address: storable(caller.address),
    node_id: nodeId,
    key_id: keyId,
  };
}

/** Returns a UUID version 7 (RFC 9562): time-ordered ids are far cheaper to index than random ones. */
function growingId(at: Date): string {
  const time = at.getTime().toString(16).padStart(12, '0');
  return `${time.slice(0, 8)}-${time.slice(8)}-7${randomUUID().slice(15)}`;
}

/**
 * Writing events: in the transaction of the change that they tell of, so that neither is there
 * without the other. Statements that change many rows at once write their own, in the same statement.
 */
import type { Queryable } from '../database/database.ts';
import { CATALOG, type NewEvent } from './event-types.rules.ts';

const RECORD = `
  INSERT INTO auth.outbox_events (event_type, event_version, aggregate_type, aggregate_id, family_id, payload)
  SELECT type, version, "aggregateType", "aggregateId", "familyId", payload
  FROM jsonb_to_recordset($1::jsonb) AS e(
    place int, type text, version int, "aggregateType" text, "aggregateId" uuid, "familyId" uuid, payload jsonb)
  ORDER BY place`;

/**
 * Writes events, in their order, within the caller's transaction; after its commit the caller calls
 * `notices.notify('outbox')`. Fields that the catalog does not name are left out. Throws for a
 * payload that is not as the catalog says.
 */
export async function recordEvents(tx: Queryable, events: readonly NewEvent[]): Promise<void> {
  if (events.length === 0) return;
  const rows = events.map(({ eventType: type, aggregateType, aggregateId, familyId = null, payload }, place) => {
    const { version, payload: schema } = CATALOG[type];
    return { place, type, version, aggregateType, aggregateId, familyId, payload: schema.parse(payload) };
  });
  await tx.query(RECORD, [JSON.stringify(rows)]);
}

/** Checks that the events a test caused match the catalog, when its database is dropped. */
import { z } from 'zod';
import type { Queryable } from '../../src/database/database.ts';
import { isConnectionFailure, sqlStateOf } from '../../src/database/violations.ts';
import { CATALOG, isEventType } from '../../src/work/event-types.rules.ts';

/** Only the newest events are checked, since some tests create thousands. */
const MOST_LOOKED_AT = 2_000;

const NEWEST = `
  SELECT event_type AS type, event_version AS version, aggregate_type AS "aggregateType", family_id AS "familyId", payload
  FROM auth.outbox_events ORDER BY sequence DESC LIMIT $1`;

interface StoredEvent {
  readonly type: string;
  readonly version: number;
  readonly aggregateType: string;
  readonly familyId: string | null;
  readonly payload: { readonly familyId?: string | null };
}

const UNDEFINED_TABLE = '42P01';

/**
 * The problems with the events of this database: fields that are missing, malformed or unknown. Returns none when
 * the test broke its connections or dropped the table.
 */
export async function eventProblems(db: Queryable): Promise<string[]> {
  const events = await db.query<StoredEvent>(NEWEST, [MOST_LOOKED_AT]).catch((error: unknown) => {
    if (isConnectionFailure(error) || sqlStateOf(error) === UNDEFINED_TABLE) return [];
    throw error;
  });
  const problems = events.flatMap(({ type, version, aggregateType, familyId, payload }) => {
    if (!isEventType(type)) return [];
    const { version: known, aggregate, payload: schema } = CATALOG[type];
    const { error } = z.strictObject(schema.shape).safeParse(payload);
    return [
      ...(error === undefined ? [] : [`${type}: ${z.prettifyError(error)}`]),
      ...(version === known && aggregateType === aggregate ? [] : [`${type} v${version} of ${aggregateType}`]),
      ...((payload.familyId ?? null) === familyId ? [] : [`${type} is of the family ${familyId}, and says another`]),
    ];
  });
  return [...new Set(problems)];
}

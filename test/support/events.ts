/** Whatever a test causes, its events are as the catalog says: checked when its database is dropped. */
import { z } from 'zod';
import type { Queryable } from '../../src/database/database.ts';
import { isConnectionFailure, sqlStateOf } from '../../src/database/violations.ts';
import { CATALOG, isEventType } from '../../src/work/event-types.rules.ts';

/** The newest of a test that makes thousands are enough. */
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
 * What is wrong with the events of this database: fields that are missing, of another form, or too
 * many. A test that broke its connections, or the table, is asked for none.
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

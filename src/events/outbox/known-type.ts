/** Refuses unknown event types in filters, where a typo would otherwise return an empty result. */
import type { Queryable } from '../../database/database.ts';
import { NotFoundError } from '../../refusals.ts';
import { EVENT_TYPES, isEventType } from '../../work/event-types.rules.ts';

// By outbox_events_event_type_idx.
const UNHEARD_OF = `
  SELECT asked.type FROM unnest($1::text[]) AS asked(type)
  WHERE NOT EXISTS (SELECT FROM auth.outbox_events WHERE event_type = asked.type) LIMIT 1`;

/** Throws NotFoundError for a type that is not in the catalog and has no event in the outbox: SQL may insert others. */
export async function requireTypes(query: Queryable['query'], asked: readonly string[]): Promise<void> {
  const strange = asked.filter((type) => !isEventType(type));
  if (strange.length === 0) return;
  const [unknown] = await query<{ type: string }>(UNHEARD_OF, [strange]);
  if (unknown !== undefined)
    throw new NotFoundError(
      `There is no type of event "${unknown.type.slice(0, 100)}". There are: ${EVENT_TYPES.join(', ')}.`,
    );
}

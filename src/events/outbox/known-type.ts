/** Where a type of event only narrows what is read: one that there is not is refused, rather than answered with nothing. */
import type { Queryable } from '../../database/database.ts';
import { NotFoundError } from '../../refusals.ts';
import { EVENT_TYPES, isEventType } from '../../work/event-types.rules.ts';

// By outbox_events_event_type_idx.
const UNHEARD_OF = `
  SELECT asked.type FROM unnest($1::text[]) AS asked(type)
  WHERE NOT EXISTS (SELECT FROM auth.outbox_events WHERE event_type = asked.type) LIMIT 1`;

/** Throws NotFoundError for a type that is not ours and of which the outbox, where others may write too, has no event. */
export async function requireTypes(query: Queryable['query'], asked: readonly string[]): Promise<void> {
  const strange = asked.filter((type) => !isEventType(type));
  if (strange.length === 0) return;
  const [unknown] = await query<{ type: string }>(UNHEARD_OF, [strange]);
  if (unknown !== undefined)
    throw new NotFoundError(
      `There is no type of event "${unknown.type.slice(0, 100)}". There are: ${EVENT_TYPES.join(', ')}.`,
    );
}

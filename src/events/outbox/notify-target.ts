/**
 * A target for programs that are connected to the same database: PostgreSQL’s NOTIFY, with the
 * event’s id and type. Who hears it reads the row; who was away asks for `processed_at` since then.
 */
import type { EventTarget } from './target.ts';

export const EVENT_CHANNEL = 'family_hub_events';

const NOTIFY = `
  SELECT pg_notify('${EVENT_CHANNEL}', json_build_object('id', id, 'type', type)::text)
  FROM unnest($1::uuid[], $2::text[]) WITH ORDINALITY AS e(id, type, place) ORDER BY place`;

export const notifyTarget: EventTarget = {
  name: 'notify',
  async publish(tx, events) {
    await tx.query(NOTIFY, [events.map(({ eventId }) => eventId), events.map(({ eventType }) => eventType)]);
  },
};

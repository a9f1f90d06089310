/** Where events go: the port that the publisher hands them to. */
import type { Transactional } from '../../database/database.ts';

/** An event of the outbox as it is published. */
export interface OutboxEvent {
  readonly eventId: string;
  /** A name of the catalog; of a row that somebody inserted with SQL it may be any text. */
  readonly eventType: string;
  readonly eventVersion: number;
  readonly aggregateType: string;
  readonly aggregateId: string;
  /** Null: it concerns no family, or all. */
  readonly familyId: string | null;
  /** As the catalog says; of a row inserted with SQL it may be any JSON. */
  readonly payload: unknown;
  /** Grows with every event of one aggregate; a whole number as text. */
  readonly sequence: string;
  readonly createdAt: Date;
  /** It was published before, and somebody asked for it again. */
  readonly isRedelivery: boolean;
}

export interface EventTarget {
  /** For log lines, for example `notify`. */
  readonly name: string;
  /**
   * Takes events over, in their order, within the publisher's transaction. Quick: what waits for
   * somebody else is done later, from rows that are written here. Throws when one of them cannot be
   * taken; what it wrote is rolled back then, and the events are handed over again in smaller portions.
   */
  publish(tx: Transactional, events: readonly OutboxEvent[]): Promise<void>;
}

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

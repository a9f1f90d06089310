/** The targets of events: the port that the publisher passes them to. */
import type { Transactional } from '../../database/database.ts';

/** An event of the outbox as it is published. */
export interface OutboxEvent {
  readonly eventId: string;
  /** A name of the catalog; any text in a row that was inserted with SQL. */
  readonly eventType: string;
  readonly eventVersion: number;
  readonly aggregateType: string;
  readonly aggregateId: string;
  /** Null: it is about no family, or all. */
  readonly familyId: string | null;
  /** As the catalog defines; any JSON in a row that was inserted with SQL. */
  readonly payload: unknown;
  /** Grows with every event of one aggregate; an integer as text. */
  readonly sequence: string;
  readonly createdAt: Date;
  /** It was published before, and is published again by request. */
  readonly isRedelivery: boolean;
}

export interface EventTarget {
  /** For log lines, for example `notify`. */
  readonly name: string;
  /**
   * Accepts events, in order, within the publisher's transaction. Must be quick: calls to other systems are
   * made later, from rows that are written here. Throws when it cannot accept one of them; then its writes
   * are rolled back, and it is called again with smaller batches.
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

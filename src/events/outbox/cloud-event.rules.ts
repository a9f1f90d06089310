/**
 * The envelope in which events leave the server: CloudEvents 1.0, structured JSON, with its
 * documented extensions `partitionkey` (what is delivered in order) and `sequence`.
 */
import type { Config } from '../../config/config.ts';
import { schemaFileName } from './event-schema.rules.ts';
import type { OutboxEvent } from './target.ts';

export interface CloudEvent {
  readonly specversion: '1.0';
  /** The event's id: the same at every delivery, so that a duplicate is recognised by it. */
  readonly id: string;
  readonly source: string;
  readonly type: string;
  readonly subject: string;
  readonly time: string;
  readonly datacontenttype: 'application/json';
  readonly dataschema: string;
  /** The aggregate's id: events with the same one come in order. */
  readonly partitionkey: string;
  /** Grows with every event of one aggregate; comparable as text. */
  readonly sequence: string;
  readonly data: unknown;
}

/** The `source` of this server's events: its public URL without a slash at the end, or a URN. */
export const eventSource = ({ PUBLIC_URL }: Pick<Config, 'PUBLIC_URL'>): string =>
  PUBLIC_URL?.replace(/\/+$/, '') ?? 'urn:family-hub-jobs';

/** The event in its envelope. `source`: a URI without a slash at its end, for example the server's public URL. */
export function toCloudEvent(event: OutboxEvent, source: string): CloudEvent {
  const { eventType, eventVersion, aggregateType, aggregateId } = event;
  const schema = schemaFileName(eventType, eventVersion);
  return {
    specversion: '1.0',
    id: event.eventId,
    source,
    type: `family-hub.jobs.${eventType}.v${eventVersion}`,
    subject: `${aggregateType}/${aggregateId}`,
    time: event.createdAt.toISOString(),
    datacontenttype: 'application/json',
    dataschema: source.startsWith('urn:') ? `${source}:events:${schema}` : `${source}/events/schemas/${schema}`,
    partitionkey: aggregateId,
    sequence: event.sequence.padStart(20, '0'),
    data: event.payload,
  };
}

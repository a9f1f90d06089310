/**
 * The envelope of published events: CloudEvents 1.0, structured JSON, with its documented extensions
 * `partitionkey` (events with the same key are delivered in order) and `sequence`.
 */

import { z } from 'zod';
import type { Config } from '../../config/config.ts';
import { CATALOG, EVENT_TYPES } from '../../work/event-types.rules.ts';
import type { OutboxEvent } from './target.ts';

export interface CloudEvent {
  readonly specversion: '1.0';
  /** The event's id: the same at every delivery, so that receivers recognise duplicates. */
  readonly id: string;
  readonly source: string;
  readonly type: string;
  readonly subject: string;
  readonly time: string;
  readonly datacontenttype: 'application/json';
  readonly dataschema: string;
  /** The aggregate's id: events with the same id arrive in order. */
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

/** For example `managed-account-created.v1.json`. */
export function schemaFileName(eventType: string, version: number): string {
  return `${eventType.replace(/(?<=[a-z0-9])(?=[A-Z])/g, '-').toLowerCase()}.v${version}.json`;
}

export interface EventSchema {
  readonly fileName: string;
  readonly schema: Readonly<Record<string, unknown>>;
}

/** The JSON Schema of every event, in the catalog's order: draft 2020-12. They allow fields that are added later. */
export function eventSchemas(): EventSchema[] {
  return EVENT_TYPES.map((type) => {
    const { version, description, payload, aggregate } = CATALOG[type];
    const fileName = schemaFileName(type, version);
    const { $schema, ...rest } = z.toJSONSchema(payload, { target: 'draft-2020-12', io: 'input' });
    const named = { $schema, $id: `urn:family-hub-jobs:events:${fileName}`, title: type, description };
    return { fileName, schema: { ...named, 'x-aggregate': aggregate, ...rest } };
  });
}

/** The text of a schema's file. */
export const schemaText = ({ schema }: EventSchema): string => `${JSON.stringify(schema, null, 2)}\n`;

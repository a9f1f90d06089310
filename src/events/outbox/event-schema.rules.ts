/** The JSON Schema of each event's payload, from the catalog: committed under events/ and served. */
import { z } from 'zod';
import { CATALOG, EVENT_TYPES } from '../../work/event-types.rules.ts';

/** For example `managed-account-created.v1.json`. */
export function schemaFileName(eventType: string, version: number): string {
  return `${eventType.replace(/(?<=[a-z0-9])(?=[A-Z])/g, '-').toLowerCase()}.v${version}.json`;
}

export interface EventSchema {
  readonly fileName: string;
  readonly schema: Readonly<Record<string, unknown>>;
}

/** Of every event, in the catalog's order: draft 2020-12. They forbid no other fields: some may be added. */
export function eventSchemas(): EventSchema[] {
  return EVENT_TYPES.map((type) => {
    const { version, description, payload, aggregate } = CATALOG[type];
    const fileName = schemaFileName(type, version);
    const { $schema, ...rest } = z.toJSONSchema(payload, { target: 'draft-2020-12', io: 'input' });
    const named = { $schema, $id: `urn:family-hub-jobs:events:${fileName}`, title: type, description };
    return { fileName, schema: { ...named, 'x-aggregate': aggregate, ...rest } };
  });
}

/** One schema as its file has it. */
export const schemaText = ({ schema }: EventSchema): string => `${JSON.stringify(schema, null, 2)}\n`;

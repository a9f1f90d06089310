/**
 * events/ contains the JSON Schema of every event as generated from the catalog, for receivers to read and to
 * generate code from.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { expect, it } from 'vitest';
import { EVENTS, eventsDocument } from '../../scripts/write-event-schemas.ts';
import { eventSchemas, schemaText } from '../../src/events/outbox/cloud-event.rules.ts';

const FOLDER = new URL('../../events/', import.meta.url);
const schemas = eventSchemas();

it.each(schemas.map((one) => [one.fileName, one] as const))(
  '%s is what the code makes (else: npm run events)',
  (fileName, one) => expect(readFileSync(new URL(fileName, FOLDER), 'utf8')).toBe(schemaText(one)),
);

it('goes with docs/events.md as the catalog has it (else: npm run events)', () => {
  expect(readFileSync(EVENTS, 'utf8')).toBe(eventsDocument());
});

it('has a file for every event; one of an earlier version may stay', () => {
  const files = readdirSync(FOLDER);
  expect(files).toEqual(expect.arrayContaining(schemas.map(({ fileName }) => fileName)));
  for (const file of files) expect(file).toMatch(/^[a-z-]+\.v\d+\.json$/);
});

it('holds schemas that a validator takes', () => {
  const ajv = new Ajv2020({ strict: true, keywords: ['x-aggregate'] });
  addFormats.default(ajv);
  for (const { schema } of schemas) expect(() => ajv.compile(schema)).not.toThrow();
});

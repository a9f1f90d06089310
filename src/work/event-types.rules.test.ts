import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { aggregateIdOf } from '../events/outbox/aggregate-id.rules.ts';
import { eventSchemas, schemaFileName, toCloudEvent } from '../events/outbox/cloud-event.rules.ts';
import { backOffMs, isOfTheEvent, outboxState } from '../events/outbox/publishing.rules.ts';
import { CATALOG, EVENT_TYPES, isEventType } from './event-types.rules.ts';

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-a[0-9a-f]{3}-[0-9a-f]{12}$/;

describe('the catalog', () => {
  it('knows its types and no others', () => {
    expect(EVENT_TYPES.length).toBeGreaterThan(20);
    expect(isEventType('ManagedAccountCreated')).toBe(true);
    for (const name of ['', 'managedAccountCreated', 'toString', '__proto__']) expect(isEventType(name)).toBe(false);
  });

  it('has no field that could hold a secret, nor a full name', () => {
    const fields = EVENT_TYPES.flatMap((type) => Object.keys(CATALOG[type].payload.shape));
    expect(fields.filter((field) => /password|secret|sealed|digest|token$|fullName|email/i.test(field))).toEqual([]);
  });

  it('describes every event and every field; a payload forbids no field that a later release adds', () => {
    for (const { fileName, schema } of eventSchemas()) {
      expect(schema.description, fileName).toMatch(/\.$/);
      expect(schema).not.toHaveProperty('additionalProperties');
      for (const [name, field] of Object.entries(schema.properties as Record<string, { description?: string }>))
        expect(field.description, `${fileName} ${name}`).toBeTruthy();
    }
  });

  it('gives every schema a file of its own, named as the web would', () => {
    const names = eventSchemas().map(({ fileName }) => fileName);
    expect(new Set(names).size).toBe(names.length);
    expect(schemaFileName('ManagedAccountCreated', 1)).toBe('managed-account-created.v1.json');
    for (const name of names) expect(name).toMatch(/^[a-z]+(-[a-z]+)*\.v\d+\.json$/);
  });
});

describe('the envelope', () => {
  const event = {
    eventId: '0f0e7a9c-6a1e-4a53-9d0b-8a3f3c6f2b11',
    eventType: 'ManagedAccountCreated',
    eventVersion: 1,
    aggregateType: 'ManagedAccountCreation',
    aggregateId: '6f0e7a9c-6a1e-4a53-9d0b-8a3f3c6f2b12',
    familyId: null,
    payload: { entryId: '6f0e7a9c-6a1e-4a53-9d0b-8a3f3c6f2b12' },
    sequence: '4711',
    createdAt: new Date('2026-03-01T10:00:00Z'),
    isRedelivery: false,
  };

  it('is CloudEvents 1.0, with where the schema is to be had', () => {
    expect(toCloudEvent(event, 'https://jobs.example')).toEqual({
      specversion: '1.0',
      id: event.eventId,
      source: 'https://jobs.example',
      type: 'family-hub.jobs.ManagedAccountCreated.v1',
      subject: `ManagedAccountCreation/${event.aggregateId}`,
      time: '2026-03-01T10:00:00.000Z',
      datacontenttype: 'application/json',
      dataschema: 'https://jobs.example/events/schemas/managed-account-created.v1.json',
      partitionkey: event.aggregateId,
      sequence: '00000000000000004711',
      data: event.payload,
    });
    expect(toCloudEvent(event, 'urn:family-hub-jobs').dataschema).toBe(
      'urn:family-hub-jobs:events:managed-account-created.v1.json',
    );
  });

  it('has sequences that compare as text as they do as numbers', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 2n ** 63n - 1n }), fc.bigInt({ min: 0n, max: 2n ** 63n - 1n }), (a, b) => {
        const [one, other] = [a, b].map((n) => toCloudEvent({ ...event, sequence: String(n) }, 'urn:x').sequence);
        expect((one ?? '') < (other ?? '')).toBe(a < b);
      }),
    );
  });
});

describe('publishing', () => {
  it('waits longer after each failure, a second at first and ten minutes at most', () => {
    expect([1, 2, 3, 4, 10, 11].map(backOffMs)).toEqual([1_000, 2_000, 4_000, 8_000, 512_000, 600_000]);
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 10_000 }), (failures) => {
        expect(backOffMs(failures + 1)).toBeGreaterThanOrEqual(backOffMs(failures));
        expect(backOffMs(failures)).toBeLessThanOrEqual(600_000);
      }),
    );
  });

  it('counts against an event what is its own fault only', () => {
    for (const state of ['40P01', '40001', '42P01', '42501', '53100', '57014', '57P01', '08006', '25P03', '58030'])
      expect(isOfTheEvent(state), state).toBe(false);
    for (const state of [undefined, '22023', '23505', 'P0001', '54000']) expect(isOfTheEvent(state), state).toBe(true);
  });

  it('says where an event stands', () => {
    const at = new Date('2026-03-01T10:00:00Z');
    const fresh = { processedAt: null, parkedAt: null, nextAttemptAt: null };
    expect(outboxState(fresh)).toBe('pending');
    expect(outboxState({ ...fresh, nextAttemptAt: at })).toBe('waiting');
    expect(outboxState({ ...fresh, parkedAt: at })).toBe('parked');
    expect(outboxState({ processedAt: at, parkedAt: at, nextAttemptAt: at })).toBe('processed');
  });
});

it('an aggregate that has only a name has a uuid by it, another by another', () => {
  expect(aggregateIdOf('Job', 'RetentionJob')).toMatch(UUID);
  expect(aggregateIdOf('Job', 'RetentionJob')).toBe(aggregateIdOf('Job', 'RetentionJob'));
  expect(aggregateIdOf('Circuit', 'RetentionJob')).not.toBe(aggregateIdOf('Job', 'RetentionJob'));
});

/**
 * The publisher on a real database: at least once, in order per aggregate, poison events held back and parked, only
 * one publisher at work over all connections, and a connection that is cut meanwhile.
 */
import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { openDatabase, type Transactional } from '../../src/database/database.ts';
import { type PublishResult, publishBatch } from '../../src/events/outbox/publish-batch.ts';
import { createPublisher } from '../../src/events/outbox/publisher.ts';
import type { EventTarget, OutboxEvent } from '../../src/events/outbox/target.ts';
import { EVENT_CHANNEL, notifyTarget } from '../../src/events/outbox/target.ts';
import { silentLogger } from '../../src/telemetry/logger.ts';
import { recordEvents } from '../../src/work/unit.ts';
import { testContext } from '../support/context.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { until } from '../support/process.ts';

let database: TestDatabase;
let db: TestDatabase['db'];

beforeAll(async () => {
  database = await createTestDatabase();
  ({ db } = database);
});
afterAll(() => database?.drop());
afterEach(() => db.query('TRUNCATE auth.outbox_events'));

/** Writes one event per aggregate, in this order, and returns their ids. */
async function write(...aggregateIds: readonly string[]): Promise<string[]> {
  await db.transaction((tx) =>
    recordEvents(
      tx,
      aggregateIds.map((aggregateId) => ({
        eventType: 'EncryptionKeyRotated',
        aggregateType: 'EncryptionKey',
        aggregateId,
        payload: { keyId: aggregateId, actor: 'the test' },
      })),
    ),
  );
  const rows = await db.query<{ id: string }>('SELECT event_id AS id FROM auth.outbox_events ORDER BY sequence');
  return rows.slice(-aggregateIds.length).map(({ id }) => id);
}

/** A target that stores the events it was handed; it refuses a batch that contains one of `poison`. */
function receiver(poison: ReadonlySet<string> = new Set()) {
  const received: OutboxEvent[] = [];
  const handed: string[][] = [];
  const target: EventTarget = {
    name: 'test',
    async publish(_tx, events) {
      handed.push(events.map(({ eventId }) => eventId));
      const refused = events.find(({ eventId }) => poison.has(eventId));
      if (refused !== undefined) throw new Error(`refuses ${refused.eventId}`);
      received.push(...events);
    },
  };
  return { target, received, handed, ids: () => received.map(({ eventId }) => eventId) };
}

const publish = (targets: readonly EventTarget[], mostAttempts = 3, batchSize = 100): Promise<PublishResult> =>
  publishBatch({ db, targets, mostAttempts, batchSize });

const stateOf = async (id: string) => {
  const [row] = await db.query<{
    retryCount: number;
    errorMessage: string | null;
    isProcessed: boolean;
    isParked: boolean;
    waitsSeconds: number | null;
  }>(
    `SELECT retry_count AS "retryCount", error_message AS "errorMessage", processed_at IS NOT NULL AS "isProcessed",
            parked_at IS NOT NULL AS "isParked", round(extract(epoch FROM next_attempt_at - updated_at))::int AS "waitsSeconds"
     FROM auth.outbox_events WHERE event_id = $1`,
    [id],
  );
  return row;
};

const unprocessedCount = async (): Promise<number> =>
  (await db.query('SELECT FROM auth.outbox_events WHERE processed_at IS NULL')).length;

/** Makes events that wait after a failure due now. */
const passTime = () =>
  db.query(
    `UPDATE auth.outbox_events SET next_attempt_at = now() - interval '1 second' WHERE next_attempt_at IS NOT NULL`,
  );

describe('one batch', () => {
  it('hands over in the order of writing, once, with what was written', async () => {
    const [a, b] = [randomUUID(), randomUUID()];
    const written = await write(a, b, a, a, b);
    const { target, ids, received } = receiver();
    expect(await publish([target])).toEqual({ kind: 'published', readCount: 5, publishedCount: 5, failed: [] });
    expect(await publish([target])).toMatchObject({ readCount: 0 });
    expect(ids()).toEqual(written);
    expect(received[0]).toMatchObject({
      eventType: 'EncryptionKeyRotated',
      eventVersion: 1,
      aggregateId: a,
      familyId: null,
      payload: { keyId: a, actor: 'the test' },
      isRedelivery: false,
    });
    expect(received.map(({ sequence }) => BigInt(sequence))).toEqual(
      received.map(({ sequence }) => BigInt(sequence)).sort((one, other) => (one < other ? -1 : 1)),
    );
  });

  it('of several makes the whole, in batches of the size', async () => {
    const written = await write(...Array.from({ length: 7 }, () => randomUUID()));
    const { target, ids, handed } = receiver();
    while ((await publish([target], 3, 3)).kind === 'published' && ids().length < 7);
    expect(handed.map((some) => some.length)).toEqual([3, 3, 1]);
    expect(ids()).toEqual(written);
  });

  it('publishes what is committed late in the next, though its number is lower', async () => {
    const [late, early] = [randomUUID(), randomUUID()];
    const { target, received } = receiver();
    await db.transaction(async (tx: Transactional) => {
      await recordEvents(tx, [
        {
          eventType: 'EncryptionKeyRotated',
          aggregateType: 'EncryptionKey',
          aggregateId: late,
          payload: { keyId: late, actor: 'the test' },
        },
      ]);
      await write(early);
      await publish([target]);
    });
    await publish([target]);
    expect(received.map(({ aggregateId }) => aggregateId)).toEqual([early, late]);
  });
});

describe('a poisonous event', () => {
  it('waits, holds back what follows in its aggregate, and nothing else', async () => {
    const [a, b] = [randomUUID(), randomUUID()];
    const written = await write(b, a, b, a, b, a);
    const [, , , poison = ''] = written;
    const { target, ids } = receiver(new Set([poison]));
    const result = await publish([target]);
    expect(result).toMatchObject({ publishedCount: 4, failed: [{ isParked: false, waitMs: 1_000 }] });
    expect(ids()).toEqual([written[0], written[1], written[2], written[4]]);
    expect(await stateOf(poison)).toEqual({
      retryCount: 1,
      errorMessage: `refuses ${poison}`,
      isProcessed: false,
      isParked: false,
      waitsSeconds: 1,
    });
    // The refused event and its successor are not published again; new events of other aggregates are.
    const [other] = await write(b);
    await publish([target]);
    expect(ids().slice(4)).toEqual([other]);
    expect(await stateOf(written[5] ?? '')).toMatchObject({ isProcessed: false, retryCount: 0 });
  });

  it('is parked after the limit; then its aggregate goes on', async () => {
    const a = randomUUID();
    const [poison = '', next] = await write(a, a);
    const { target, ids } = receiver(new Set([poison]));
    for (const waitMs of [1_000, 2_000]) {
      expect(await publish([target])).toMatchObject({ failed: [{ isParked: false, waitMs }] });
      await passTime();
    }
    expect(await publish([target])).toMatchObject({ failed: [{ isParked: true }] });
    expect(await stateOf(poison)).toMatchObject({
      retryCount: 3,
      isParked: true,
      isProcessed: false,
      waitsSeconds: null,
    });
    expect(ids()).toEqual([]);
    await publish([target]);
    expect(ids()).toEqual([next]);
  });

  it('among hundreds is found without asking for each alone; several are found at once', async () => {
    const written = await write(...Array.from({ length: 100 }, () => randomUUID()));
    const poison = new Set([written[17] ?? '', written[83] ?? '']);
    const { target, ids, handed } = receiver(poison);
    expect(await publish([target])).toMatchObject({ publishedCount: 98 });
    expect(ids()).toEqual(written.filter((id) => !poison.has(id)));
    expect(handed.length).toBeLessThan(40);
  });

  it('leaves nothing with any target of what one of them refused', async () => {
    const [id = ''] = await write(randomUUID());
    const writes: EventTarget = {
      name: 'writes',
      publish: (tx) => tx.query(`INSERT INTO auth.notices (payload) VALUES ('from a target')`).then(() => undefined),
    };
    await publish([writes, receiver(new Set([id])).target]);
    expect(await db.query(`SELECT FROM auth.notices WHERE payload = 'from a target'`)).toEqual([]);
    expect(await stateOf(id)).toMatchObject({ retryCount: 1 });
  });

  it('is also one whose type NOTIFY cannot carry; the rest is heard in order', async () => {
    const client = new pg.Client({ connectionString: database.url });
    await client.connect();
    try {
      const heard: unknown[] = [];
      client.on('notification', ({ payload = '' }) => heard.push(JSON.parse(payload)));
      await client.query(`LISTEN ${EVENT_CHANNEL}`);
      const [first, second] = await write(randomUUID(), randomUUID());
      await client.query(
        `INSERT INTO auth.outbox_events (event_type, aggregate_type, aggregate_id, payload)
         VALUES (repeat('x', 9000), 'Anything', gen_random_uuid(), '[1]')`,
      );
      expect(await publish([notifyTarget])).toMatchObject({ publishedCount: 2, failed: [{ isParked: false }] });
      await until('both notifications', () => heard.length === 2);
      expect(heard).toEqual([first, second].map((id) => ({ id, type: 'EncryptionKeyRotated' })));
    } finally {
      await client.end();
    }
  });
});

describe('the database’s own troubles', () => {
  it('count against no event', async () => {
    const [id = ''] = await write(randomUUID());
    const busy: EventTarget = {
      name: 'busy',
      publish: (tx) =>
        tx.query(`DO $$ BEGIN RAISE EXCEPTION 'full' USING ERRCODE = '53100'; END $$`).then(() => undefined),
    };
    await expect(publish([busy])).rejects.toThrow('full');
    expect(await stateOf(id)).toMatchObject({ retryCount: 0, isProcessed: false });
  });

  it('a connection that is cut in the middle leaves everything to the next', async () => {
    const written = await write(randomUUID(), randomUUID());
    const cut: EventTarget = {
      name: 'cut',
      async publish(tx) {
        const [own] = await tx.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
        await db.query('SELECT pg_terminate_backend($1)', [own?.pid]);
        await tx.query('SELECT 1');
      },
    };
    const first = receiver();
    await expect(publish([first.target, cut])).rejects.toThrow();
    const second = receiver();
    expect(await publish([second.target])).toMatchObject({ publishedCount: 2 });
    // Delivered twice, and recognizable by their ids.
    expect([first.ids(), second.ids()]).toEqual([written, written]);
  });

  it('a publisher that hangs within its transaction does not hold the others up for ever', async () => {
    const written = await write(randomUUID());
    const first = receiver();
    let goOn = (): void => undefined;
    const hangs: EventTarget = {
      name: 'hangs',
      publish: () =>
        new Promise((resolve) => {
          goOn = resolve;
        }),
    };
    const hanging = publishBatch({
      // Shortened for this test: the timeout that ends a hanging transaction.
      db: {
        transaction: (work) =>
          db.transaction(async (tx) => {
            await tx.query(`SET LOCAL idle_in_transaction_session_timeout = '500ms'`);
            return work(tx);
          }),
      },
      targets: [first.target, hangs],
      mostAttempts: 3,
      batchSize: 100,
    });
    const cut = expect(hanging).rejects.toThrow();
    const second = receiver();
    try {
      await until('the first to hang', () => first.ids().length === 1);
      await until('the second to be let in', async () => {
        await publish([second.target]);
        return second.ids().length > 0;
      });
    } finally {
      goOn();
    }
    await cut;
    expect([first.ids(), second.ids()]).toEqual([written, written]);
    expect(await stateOf(written[0] ?? '')).toMatchObject({ isProcessed: true, retryCount: 0 });
  });
});

describe('publishers', () => {
  it('on several connections are never at work at once, and nothing goes twice', async () => {
    const others = await Promise.all(
      Array.from({ length: 3 }, () => openDatabase({ url: database.url, poolSize: 4, logger: silentLogger })),
    );
    let atWork = 0;
    let mostAtWork = 0;
    const received: OutboxEvent[] = [];
    const target: EventTarget = {
      name: 'counts',
      async publish(tx, events) {
        mostAtWork = Math.max(mostAtWork, ++atWork);
        await tx.query('SELECT pg_sleep(0.005)');
        received.push(...events);
        atWork--;
      },
    };
    const publishers = [db, ...others].map((one) => createPublisher(testContext({ db: one }), [target]));
    const aggregates = Array.from({ length: 20 }, () => randomUUID());
    try {
      // Only one publisher is notified of each round: the others find events through the lock or by polling.
      for (let round = 0; round < 30; round++) {
        await write(...aggregates);
        publishers[round % publishers.length]?.wake();
      }
      await until('all to be published', async () => (await unprocessedCount()) === 0);
    } finally {
      await Promise.all(publishers.map((one) => one.stop(5_000)));
      await Promise.all(others.map((one) => one.close()));
    }
    expect(mostAtWork).toBe(1);
    expect(new Set(received.map(({ eventId }) => eventId)).size).toBe(600);
    for (const aggregate of aggregates) {
      const sequences = received
        .filter(({ aggregateId }) => aggregateId === aggregate)
        .map(({ sequence }) => Number(sequence));
      expect(sequences).toEqual([...sequences].sort((one, other) => one - other));
    }
  });

  it('looks again by itself while another has the turn, and when an event that failed is due', async () => {
    let refuses = true;
    let looks = 0;
    const { target, ids } = receiver();
    const counting: typeof db = {
      ...db,
      transaction(run) {
        looks++;
        return db.transaction(run);
      },
    };
    const refusing: EventTarget = {
      name: 'refuses at first',
      async publish(tx, events) {
        if (refuses) throw new Error('not yet');
        await target.publish(tx, events);
      },
    };
    const publisher = createPublisher(testContext({ db: counting }), [refusing]);
    try {
      const [id = ''] = await write(randomUUID());
      await db.transaction(async (tx) => {
        await tx.query(`SELECT pg_advisory_xact_lock(hashtext('family-hub-jobs outbox'))`);
        publisher.wake();
        await until('a second look', () => looks >= 2);
      });
      await until('the failure', async () => (await stateOf(id))?.retryCount === 1);
      refuses = false;
      await until('the event', () => ids().length === 1);
      expect(ids()).toEqual([id]);
    } finally {
      await publisher.stop(5_000);
    }
  });
});

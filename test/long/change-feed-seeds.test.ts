/** A client that disconnects 200 times while 5,000 changes are made in transactions that commit in shuffled order. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { watchThroughDisconnections } from '../support/change-watch.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database?.drop());

it.each([1, 2, 3])(
  'ends with exactly the changes, each once (seed %i)',
  async (seed) => {
    const { missed, doubled, count } = await watchThroughDisconnections(database, {
      seed,
      changes: 5_600,
      disconnections: 200,
    });
    expect({ missed, doubled }).toEqual({ missed: [], doubled: [] });
    // Some of the transactions are rolled back.
    expect(count).toBeGreaterThanOrEqual(4_700);
  },
  180_000,
);

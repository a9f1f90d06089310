/** A server with a family and a browser for the tests of one file. Both end after the tests. */
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll } from 'vitest';
import type { Tuning } from '../../src/config/tuning.ts';
import { startBrowser } from './browser.ts';
import { serverEnv } from './dashboard.ts';
import { createTestDatabase, seedFamily, type TestDatabase } from './database.ts';
import { createProcesses, type Env, type ServerProcess } from './process.ts';

/** The properties are set by the `beforeAll` of `useHub`. */
export interface Hub {
  readonly browser: Browser;
  readonly database: TestDatabase;
  readonly family: { readonly familyId: string; readonly ownerId: string };
  readonly server: ServerProcess;
  /** Enqueues an account for the family; `more` adds to or overrides the input. */
  enqueue(username: string, more?: Readonly<Record<string, unknown>>): Promise<unknown>;
}

/**
 * Starts them before the tests of the surrounding `describe`. `env` is added to what every server needs; `tuning`
 * changes constants.
 */
export function useHub(env: Env = {}, tuning?: Partial<Tuning>): Hub {
  const processes = createProcesses();
  const hub = {
    enqueue: (username: string, more: Readonly<Record<string, unknown>> = {}) =>
      hub.server.graphql('mutation ($input: EnqueueAccountInput!) { enqueueAccount(input: $input) { __typename } }', {
        input: {
          familyId: hub.family.familyId,
          createdByUserId: hub.family.ownerId,
          username,
          fullName: 'Some One',
          ...more,
        },
      }),
  } as { -readonly [Name in keyof Hub]: Hub[Name] };
  beforeAll(async () => {
    hub.browser = await startBrowser();
    hub.database = await createTestDatabase();
    hub.family = await seedFamily(hub.database.db);
    hub.server = await processes.startNode({ ...serverEnv(hub.database.url), ...env }, tuning);
  });
  afterAll(async () => {
    await hub.browser?.close();
    await processes.endAll();
    await hub.database?.drop();
  });
  return hub;
}

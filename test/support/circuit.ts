/** Opens and closes the circuit manually, for tests without an API. */
import type { Database } from '../../src/database/database.ts';
import * as control from '../../src/identity/circuit-control.ts';
import { as, testContext } from './context.ts';

const context = (db: Database, provider: string, actor: string) =>
  as(testContext({ db, provider: { name: provider } as never }), actor);

export const openCircuit = (db: Database, provider: string, actor: string, reason: string, until: Date | null) =>
  control.openCircuit(context(db, provider, actor), { reason, until });

export const closeCircuit = (db: Database, provider: string, actor: string, reason: string | null) =>
  control.closeCircuit(context(db, provider, actor), { reason });

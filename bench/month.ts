/**
 * Ages a database: entries pass through it, and retention deletes them, as in a month of real time. All rows are
 * written by the statements of the server: enqueue with idempotency keys, claim, complete, publish, delete. Only the
 * calls to the provider are left out, and batches are always full.
 */
import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { type ClaimOptions, claimDue } from '../src/accounts/claim.ts';
import { completeEntries } from '../src/accounts/complete.ts';
import { insertEntries, type PreparedEntry } from '../src/accounts/insert-entries.ts';
import { createPublisher } from '../src/events/outbox/publisher.ts';
import { notifyTarget } from '../src/events/outbox/target.ts';
import { ensureCircuit } from '../src/identity/circuit.ts';
import { deletions } from '../src/retention/retention.ts';
import { testContext } from '../test/support/context.ts';
import type { Setting } from './setting.ts';

const PROVIDER = 'month';
const FAMILIES = 1_000;
const ENQUEUED_AT_ONCE = 1_000;
const CLAIMED_AT_ONCE = 100;
/** How many entries may be due at once. */
const BACKLOG = 5_000;

interface Owner {
  readonly id: string;
  readonly familyId: string;
}

/** Passes `count` entries through; what is finished is deleted `keepMs` later. */
export async function passThrough(setting: Setting, count: number, keepMs: number): Promise<void> {
  const { db, nodeId } = setting;
  await ensureCircuit(db, PROVIDER);
  const owners = await addFamilies(setting);
  const options: ClaimOptions = { provider: PROVIDER, nodeId, leaseMs: 600_000 };
  const publisher = createPublisher(testContext({ db }), [notifyTarget]);
  let enqueued = 0;
  let completed = 0;

  async function enqueue(): Promise<void> {
    while (enqueued < count) {
      if (enqueued - completed > BACKLOG) await delay(5);
      else {
        const some = Math.min(ENQUEUED_AT_ONCE, count - enqueued);
        await insertEntries(db, newEntries(setting, owners, some));
        enqueued += some;
      }
    }
  }
  async function work(): Promise<void> {
    while (completed < count) {
      const claimed = await claimDue(db, options, CLAIMED_AT_ONCE);
      if (claimed.length === 0) await delay(5);
      const at = new Date();
      const made = claimed.map((entry) => ({
        entry,
        result: { kind: 'created', providerUserId: entry.id, wasAdopted: false } as const,
        userId: randomUUID(),
        startedAt: at,
        finishedAt: at,
      }));
      if (made.length > 0) await completeEntries(db, PROVIDER, made);
      completed += made.length;
      publisher.wake();
    }
  }
  async function retain(): Promise<void> {
    while (completed < count) {
      await deleteOld(setting, keepMs);
      await delay(500);
    }
  }
  await Promise.all([enqueue(), work(), work(), retain()]);
  await publisher.stop(10_000);
}

/** Deletes what is older than `keepMs`, all kinds alike. */
async function deleteOld({ db }: Setting, keepMs: number): Promise<void> {
  for (const kind of deletions({ prune: async () => 0 }))
    while ((await db.transaction((tx) => kind.delete(tx, keepMs, 1_000))) > 500);
}

function newEntries({ keyRing }: Setting, owners: readonly Owner[], count: number): PreparedEntry[] {
  const sealed = keyRing.seal('correct horse battery', 'month');
  return Array.from({ length: count }, () => {
    const owner = owners[Math.floor(Math.random() * owners.length)];
    if (owner === undefined) throw new Error('No family');
    const entryId = randomUUID();
    return {
      entryId,
      familyId: owner.familyId,
      username: `m${entryId.slice(0, 18).replaceAll('-', '')}`,
      fullName: 'Some Body',
      role: 'managed_account',
      sealed,
      createdByUserId: owner.id,
      runAt: null,
      caller: 'month',
      enqueuer: null,
      boundTo: null,
      key: entryId,
      digests: { username: 'digest', fullName: 'digest', password: 'digest' },
    };
  });
}

async function addFamilies({ db }: Setting): Promise<Owner[]> {
  const owners = () =>
    db.query<Owner>(`SELECT id, family_id AS "familyId" FROM auth.users WHERE username LIKE 'owner\\_%'`);
  const known = await owners();
  if (known.length > 0) return known;
  await db.query(
    `
    WITH family AS (
      INSERT INTO auth.families (name) SELECT 'Family ' || n FROM generate_series(1, $1::int) AS n RETURNING id, name
    )
    INSERT INTO auth.users (family_id, username, full_name, email, role)
    SELECT id, 'owner_' || replace(name, 'Family ', ''), 'An Owner', id || '@example.org', 'owner' FROM family`,
    [FAMILIES],
  );
  return owners();
}

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTestDatabase, seedFamily, type TestDatabase } from '../support/database.ts';

let first: TestDatabase;
let second: TestDatabase;

beforeAll(async () => {
  [first, second] = await Promise.all([createTestDatabase(), createTestDatabase()]);
});

afterAll(async () => {
  await Promise.all([first.drop(), second.drop()]);
});

describe('the database handle', () => {
  it('reads through Prisma what SQL wrote', async () => {
    const { familyId, ownerId } = await seedFamily(first.db);
    const family = await first.db.prisma.family.findUniqueOrThrow({
      where: { id: familyId },
      include: { members: true },
    });
    expect(family.members.map(({ id, role }) => ({ id, role }))).toEqual([{ id: ownerId, role: 'owner' }]);
  });

  it('gives each caller a database of its own', async () => {
    await seedFamily(second.db);
    await first.db.query('DELETE FROM auth.users');
    expect(await second.db.prisma.user.count()).toBeGreaterThan(0);
  });

  it('rolls a transaction back when its work throws', async () => {
    const before = await second.db.prisma.family.count();
    await expect(
      second.db.transaction(async (tx) => {
        await tx.query(`INSERT INTO auth.families (name) VALUES ('Never')`);
        throw new Error('changed my mind');
      }),
    ).rejects.toThrow('changed my mind');
    expect(await second.db.prisma.family.count()).toBe(before);
  });

  it('knows that no pooler stands between', () => {
    expect(first.db.isPooled).toBe(false);
  });
});

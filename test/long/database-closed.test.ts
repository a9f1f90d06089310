/**
 * Root with a data folder that only root can enter, as below /root: PostgreSQL runs as another user, so its data is
 * in the store. Real processes, as for any other folder.
 */
import { spawnSync } from 'node:child_process';
import {
  chmod,
  chown,
  cp,
  mkdir,
  readdir,
  readFile,
  readlink,
  rename,
  rm,
  stat,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { embeddedUrl } from '../../src/database/embedded/embedded.ts';
import { STORE } from '../../src/database/embedded/place.ts';
import { readPostmaster } from '../../src/database/embedded/postmaster.ts';
import { isAlive } from '../../src/database/embedded/processes.ts';
import { makeOpenFolder, removeDataDir } from '../support/data-dir.ts';
import { ask, endPostgres, kill, leave, type Member, startMember } from '../support/embedded-members.ts';

let home: string;
let dataDir: string;
let rooms: Set<string>;
let members: Member[];

const start = async (folder = dataDir): Promise<Member> => {
  const member = await startMember(folder);
  members.push(member);
  const target = await readlink(join(folder, 'postgres')).catch(() => undefined);
  if (target?.startsWith(STORE)) rooms.add(dirname(target));
  return member;
};
const pidOf = (folder = dataDir): number => readPostmaster(join(folder, 'postgres', 'cluster'))?.pid ?? 0;
const keep = (member: Member) => ask(member.answer.url, 'CREATE TABLE kept AS SELECT 42 AS answer');
const kept = (member: Member) => ask(member.answer.url, 'SELECT answer FROM kept');

describe.runIf(process.getuid?.() === 0)('a data folder below one that is closed to PostgreSQL', () => {
  beforeEach(async () => {
    home = await makeOpenFolder('family-hub-jobs-closed-');
    dataDir = join(home, 'checkout', '.data');
    await mkdir(dataDir, { recursive: true });
    await chmod(home, 0o700);
    rooms = new Set();
    members = [];
  });

  afterEach(async () => {
    for (const { child } of members) child.kill('SIGKILL');
    for (const room of rooms) {
      await endPostgres(room);
      await rm(room, { recursive: true, force: true });
    }
    await removeDataDir(home);
  });

  it('has its database in the store, owned by who runs PostgreSQL, without any capability', async () => {
    const member = await start();
    expect(member.answer).toMatchObject({ isNew: true, url: embeddedUrl(dataDir) });
    expect(dirname(dirname(member.answer.folder))).toBe(STORE);
    expect(await readlink(join(dataDir, 'postgres'))).toBe(member.answer.folder);
    const status = await readFile(`/proc/${pidOf()}/status`, 'utf8');
    expect(status).not.toMatch(/^Uid:\s+0\s/m);
    for (const set of ['CapInh', 'CapPrm', 'CapEff', 'CapAmb'])
      expect(status).toMatch(new RegExp(`^${set}:\\s+0+$`, 'm'));
    const cluster = await stat(join(member.answer.folder, 'cluster'));
    expect([cluster.mode & 0o777, cluster.uid]).toEqual([0o700, (await stat(`/proc/${pidOf()}`)).uid]);

    const pid = pidOf();
    await keep(member);
    await leave(member);
    expect(isAlive(pid)).toBe(false);
    expect(await kept(await start())).toEqual([{ answer: 42 }]);
  });

  it('serves three processes that start at once, and one that takes over after a kill', async () => {
    const started = await Promise.all([start(), start(), start()]);
    expect(started.map(({ answer }) => answer.refusal)).toEqual([undefined, undefined, undefined]);
    expect(new Set(started.map(({ answer }) => answer.url)).size).toBe(1);
    expect(await readdir(dataDir)).toEqual(['postgres']);
    const pid = pidOf();
    await Promise.all(started.map(kill));
    const next = await start();
    expect(pidOf()).toBe(pid);
    await leave(next);
    expect(isAlive(pid)).toBe(false);
  });

  it('finds its database when the checkout was moved, and when it was opened', async () => {
    const first = await start();
    await keep(first);
    await leave(first);
    await rename(join(home, 'checkout'), join(home, 'moved'));
    const moved = join(home, 'moved', '.data');
    const second = await start(moved);
    expect(await kept(second)).toEqual([{ answer: 42 }]);
    await leave(second);
    await chmod(home, 0o711);
    expect(await kept(await start(moved))).toEqual([{ answer: 42 }]);
  });

  it('is refused as a copy, which would share the database of the original', async () => {
    await leave(await start());
    const copy = join(home, 'copy');
    await cp(join(home, 'checkout'), copy, { recursive: true, verbatimSymlinks: true });
    const { answer } = await start(join(copy, '.data'));
    expect(answer.refusal).toContain(`${join(copy, '.data')} is a copy of ${dataDir}`);
  });

  it('is refused when the store has lost its database, and not served with an empty one', async () => {
    const first = await start();
    await leave(first);
    await rm(dirname(first.answer.folder), { recursive: true });
    const { answer } = await start();
    expect(answer.refusal).toContain('which is gone: restore it, or remove');
  });

  describe('that was open when the database was made', () => {
    beforeEach(async () => {
      await chmod(home, 0o711);
      const first = await start();
      expect(first.answer.folder).toBe(join(dataDir, 'postgres'));
      await keep(first);
      await leave(first);
      await chmod(home, 0o700);
    });

    it('has its data moved, by one of three processes that start at once', async () => {
      const started = await Promise.all([start(), start(), start()]);
      expect(started.map(({ answer }) => answer.refusal)).toEqual([undefined, undefined, undefined]);
      expect(new Set(started.map(({ answer }) => answer.folder)).size).toBe(1);
      expect(started[0]?.answer.folder.startsWith(STORE)).toBe(true);
      expect(await kept(await start())).toEqual([{ answer: 42 }]);
      expect(await readdir(dataDir)).toEqual(['postgres']);
    });

    it('keeps them on another file system, and is told what to do', async ({ skip }) => {
      const other = join(home, 'other');
      await mkdir(other);
      const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'mode=0700,size=300m', 'none', other]).status === 0;
      skip(!mounted, 'a container without the right to mount has no second file system to try');
      try {
        spawnSync('cp', ['-a', dataDir, other]);
        const refused = await start(join(other, '.data'));
        expect(refused.answer.refusal).toContain('stays where it is since it is on another file system');
        expect(await readdir(join(other, '.data'))).toEqual(['postgres']);
        await chmod(home, 0o711);
        await chmod(other, 0o711);
        const member = await start(join(other, '.data'));
        expect(await kept(member)).toEqual([{ answer: 42 }]);
        await leave(member);
      } finally {
        spawnSync('umount', ['-l', other]);
      }
    });

    it('is used through a link of one’s own, relative to where the link is', async () => {
      await chmod(home, 0o711);
      await mkdir(join(home, 'big'), { mode: 0o755 });
      await rename(join(dataDir, 'postgres'), join(home, 'big', 'postgres'));
      await symlink('../../big/postgres', join(dataDir, 'postgres'));
      const member = await start();
      expect(await kept(member)).toEqual([{ answer: 42 }]);
      await leave(member);
    });

    it('is served where it is while PostgreSQL still runs there', async () => {
      await chmod(home, 0o711);
      const first = await start();
      await chmod(home, 0o700);
      const second = await start();
      expect(second.answer.folder).toBe(join(dataDir, 'postgres'));
      expect(await kept(second)).toEqual([{ answer: 42 }]);
      await chmod(home, 0o711);
      await leave(first);
      await leave(second);
    });

    it('goes on after a start that was killed when it had moved the data and not yet linked them', async () => {
      const room = join(STORE, 'test-of-a-killed-start');
      rooms.add(room);
      await mkdir(room, { recursive: true });
      await writeFile(join(room, 'home'), `${dataDir}\n`);
      await chmod(room, 0o711);
      spawnSync('ln', ['-s', join(room, 'postgres'), join(dataDir, 'postgres.moving')]);
      await rename(join(dataDir, 'postgres'), join(room, 'postgres'));
      const member = await start();
      expect(member.answer.folder).toBe(join(room, 'postgres'));
      expect(await kept(member)).toEqual([{ answer: 42 }]);
    });
  });

  it('that belongs to an ordinary user, as a volume does, is that user’s to serve', async () => {
    // The user daemon, which every system has.
    const [uid, gid] = [1, 1];
    await chmod(home, 0o711);
    await chown(dataDir, uid, gid);
    await chmod(dataDir, 0o700);
    const member = await start();
    expect(member.answer.folder).toBe(join(dataDir, 'postgres'));
    expect((await stat(join(dataDir, 'postgres', 'cluster'))).uid).toBe(uid);
    await leave(member);
  });
});

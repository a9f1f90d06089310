/**
 * A data folder whose file system never responds, like a network mount whose server is gone: a FUSE file system
 * without a process that serves it. And one without space.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { createProcesses, until, within } from '../support/process.ts';

const processes = createProcesses();
let holder: ChildProcess | undefined;
let mounted: string | undefined;

afterEach(async () => {
  if (mounted !== undefined) spawnSync('umount', ['-l', mounted]);
  holder?.kill('SIGKILL');
  await processes.endAll();
});

describe.runIf(process.getuid?.() === 0 && existsSync('/dev/fuse'))('a data folder', () => {
  it('that never answers is named within 20 s, and ends the start after a minute', async () => {
    const place = join(await processes.makeDataDir(), 'hangs');
    await mkdir(place);
    const mount = `exec 5<>/dev/fuse; mount -i -t fuse -o fd=5,rootmode=40000,user_id=0,group_id=0 none "$0" && exec sleep 300`;
    holder = spawn('/bin/sh', ['-c', mount, place], { stdio: 'ignore' });
    let isRefused = false;
    holder.once('exit', () => {
      isRefused = true;
    });
    const isMounted = () => spawnSync('grep', ['-q', place, '/proc/mounts']).status === 0;
    await until('the mount', () => isRefused || isMounted());
    // A container without permission to mount cannot run this test.
    if (isRefused) return;
    mounted = place;

    expect(await processes.runToEnd({ DATA_DIR: join(place, 'data') }, 'db:url')).toEqual({
      code: 1,
      signal: null,
      stdout: '',
      stderr: `The file system of the data folder ${place}/data has not answered for 10 s: see whether its server or disk is there, or set DATA_DIR to another folder.\n`,
    });
    const program = await processes.startProgram({ DATA_DIR: join(place, 'data') });
    await until('the word', () => program.stdout().includes(`Waiting for the data folder ${place}`), 40_000);
    expect(await within(90_000, 'the end', program.exited)).toEqual({ code: 1, signal: null });
    expect(program.stderr()).toBe(
      `The file system of the data folder ${place}/data has not answered for 60 s: see whether its server or disk is there, or set DATA_DIR to another folder.\n`,
    );
  });

  it('on a disk without room is refused in a sentence', async () => {
    const place = join(await processes.makeDataDir(), 'full');
    await mkdir(place);
    if (spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=4m,mode=0755', 'none', place]).status !== 0) return;
    mounted = place;
    const { code, stderr } = await processes.runToEnd({ DATA_DIR: place });
    expect([code, stderr]).toEqual([
      1,
      `The disk that holds the data folder ${place}/postgres is full: make room, or set DATA_DIR.\n`,
    ]);
  });
});

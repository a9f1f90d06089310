import { mkdir, mkdtemp, readFile, readlink, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { findBinaries, makeLibraryLinks } from './binaries.ts';

let packageFolder: string;

beforeEach(async () => {
  packageFolder = await mkdtemp(join(tmpdir(), 'family-hub-jobs-binaries-'));
  await mkdir(join(packageFolder, 'native', 'lib'), { recursive: true });
});

afterEach(() => rm(packageFolder, { recursive: true, force: true }));

describe('makeLibraryLinks', () => {
  it('makes what an install script would have made, once', async () => {
    const folder = join(packageFolder, 'native');
    await writeFile(
      join(folder, 'pg-symlinks.json'),
      JSON.stringify([{ source: 'native/lib/libicuuc.so.60.2', target: 'native/lib/libicuuc.so.60' }]),
    );
    await writeFile(join(folder, 'lib', 'libicuuc.so.60.2'), 'the library');
    await makeLibraryLinks(folder);
    await makeLibraryLinks(folder);
    expect(await readFile(join(folder, 'lib', 'libicuuc.so.60'), 'utf8')).toBe('the library');
    expect(await readlink(join(folder, 'lib', 'libicuuc.so.60'))).toBe('libicuuc.so.60.2');
  });

  it('has nothing to do where the package lists no links', async () => {
    await expect(makeLibraryLinks(join(packageFolder, 'native'))).resolves.toBeUndefined();
  });
});

describe('findBinaries', () => {
  it('finds programs that are there', async () => {
    const { initdb, pgCtl } = await findBinaries();
    expect((await readFile(initdb)).length).toBeGreaterThan(10_000);
    expect((await readFile(pgCtl)).length).toBeGreaterThan(10_000);
  });
});

it('names the C library on a system without glibc, where the programs cannot be executed', async () => {
  const report = vi.spyOn(process.report, 'getReport').mockReturnValue({ header: {} });
  await expect(findBinaries()).rejects.toThrow(/glibc.*Alpine.*DATABASE_URL/);
  report.mockRestore();
});

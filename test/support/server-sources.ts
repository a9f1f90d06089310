/**
 * The server's sources as JavaScript, for tests that start it as a process: translated for each run of the
 * tests, so that none can pass or fail by an old build. A loader that translates at each start takes two
 * seconds of processor time of it. Only types go, so that a trace names the lines of the source.
 */
import { mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { transformWithOxc } from 'vite';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
/** What the sources reach from the folder above them. */
const BESIDE = ['package.json', 'node_modules', 'prisma', 'dist'];

/** Writes them below `folder`, which is empty; answers where `main.js` is. */
export async function translateSources(folder: string): Promise<string> {
  const sources = join(folder, 'src');
  const names = (await readdir(join(ROOT, 'src'), { recursive: true })).filter(
    (name) => name.endsWith('.ts') && !name.endsWith('.test.ts'),
  );
  await Promise.all(BESIDE.map((name) => symlink(join(ROOT, name), join(folder, name))));
  for (const directory of new Set(names.map(dirname))) await mkdir(join(sources, directory), { recursive: true });
  for (const name of names) {
    const path = join(ROOT, 'src', name);
    const { code, map } = await transformWithOxc(await readFile(path, 'utf8'), path, {
      sourcemap: true,
      typescript: { onlyRemoveTypeImports: true, rewriteImportExtensions: 'rewrite' },
    });
    const inline = `//# sourceMappingURL=data:application/json;base64,${Buffer.from(JSON.stringify(map)).toString('base64')}`;
    await writeFile(join(sources, name.replace(/\.ts$/, '.js')), `${code}\n${inline}\n`);
  }
  return sources;
}

/**
 * The server's sources as JavaScript, for tests that start it as a process. They are transpiled for each test run,
 * so that no test depends on an old build; a loader that transpiles at each start costs two seconds of CPU time.
 * Only types are removed, so that stack traces show the lines of the source.
 */
import { mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { transformWithOxc } from 'vite';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
/** What the sources use from the parent folder. */
const BESIDE = ['package.json', 'node_modules', 'prisma', 'dist'];

/** Writes them below `folder`, which must be empty. Returns the folder with `main.js`. */
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

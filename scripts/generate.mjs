// Generates the Prisma client. Prisma's command line insists on a schema engine binary that
// generating does not use; naming any file that exists keeps it from downloading one.
import { spawnSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { delimiter, resolve } from 'node:path';

process.env.PRISMA_SCHEMA_ENGINE_BINARY ??= process.execPath;
process.env.PATH = `${resolve('node_modules/.bin')}${delimiter}${process.env.PATH}`;
process.env.PRISMA_HIDE_UPDATE_MESSAGE = '1';
rmSync('src/database/generated', { recursive: true, force: true });
const { status, stdout, stderr } = spawnSync(
  process.execPath,
  ['node_modules/prisma/build/index.js', 'generate', '--no-hints'],
  { encoding: 'utf8' },
);
if (status !== 0) {
  process.stderr.write(`${stdout}${stderr}`);
  process.exit(status ?? 1);
}

// Makes a fresh install runnable: builds, where the sources and what builds them are there. Where
// they are not (a production install, an image's dependency stage) there is nothing to build, and
// that is no failure. An older dist is never kept: after a pull it would run yesterday's code.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';

const BUILD_NEEDS = ['typescript', 'prisma', '@types/node', '@types/pg', 'vite', 'react', 'gql.tada'];
const missing = BUILD_NEEDS.filter((name) => !existsSync(`node_modules/${name}/package.json`));

if (!existsSync('tsconfig.build.json')) {
  // Only the dependencies were wanted.
} else if (process.env.npm_command === 'exec' && existsSync('dist/main.js')) {
  // npx links this package into its cache at its first call. A build would take the program away under a running server.
} else if (missing.length > 0) {
  const consequence = existsSync('dist/main.js') ? 'dist is as it was' : 'dist is not there, so it cannot start';
  console.log(`Not built (${consequence}): without ${missing.join(', ')}. To build: npm ci --include=dev`);
} else {
  const { status } = spawnSync('npm', ['run', 'build'], { stdio: 'inherit', shell: process.platform === 'win32' });
  process.exitCode = status ?? 1;
}

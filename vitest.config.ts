/**
 * Pure rules need nothing and run alone (`vitest --project rules`); everything else runs against
 * a real PostgreSQL. What takes minutes (browser, chaos, many kills) runs only with LONG=1.
 */
import { defineConfig } from 'vitest/config';

const isLong = process.env.LONG === '1';

export default defineConfig({
  // Node loads graphql's CommonJS for the libraries; Vite would load its modules for us beside it,
  // and two copies do not know each other's types.
  resolve: { alias: [{ find: /^graphql$/, replacement: 'graphql/index.js' }] },
  test: {
    pool: 'forks',
    // A process for each file would take half of the rules' time, and loading the sources anew for each a third
    // of the database's. What the sources keep is by handle.
    isolate: false,
    // Most files wait for the database or for processes for more than half of their time: four at a time use
    // two cores. Long ones are busy.
    maxWorkers: isLong ? 2 : 4,
    testTimeout: 60_000,
    hookTimeout: 120_000,
    // A poll ends when its condition holds; on a busy machine that may take longer than the default second.
    expect: { poll: { timeout: 30_000 } },
    // Held connections are a fault of the test; it must not hang the run.
    teardownTimeout: 10_000,
    projects: [
      {
        extends: true,
        // The log's library keeps timers of its own, which must not be those of a fake clock: the files of the
        // other project use some, these do not.
        test: {
          name: 'rules',
          include: [
            'src/**/*.rules.test.ts',
            'src/diagnosis/*.test.ts',
            'dashboard/**/*.rules.test.ts',
            'src/telemetry/*.test.ts',
          ],
        },
      },
      {
        extends: true,
        test: {
          name: 'database',
          include: ['src/**/*.test.ts', 'test/**/*.test.ts'],
          exclude: [
            'node_modules/**',
            'src/**/*.rules.test.ts',
            'src/diagnosis/*.test.ts',
            'src/telemetry/*.test.ts',
            ...(isLong ? [] : ['test/e2e/**', 'test/long/**']),
          ],
          globalSetup: ['test/support/global-setup.ts'],
          ...(isLong ? { testTimeout: 300_000 } : {}),
        },
      },
    ],
  },
});

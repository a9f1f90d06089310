/** A server on a terminal: unknown commands, the first output, a window that is closed. */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { afterEach, describe, expect, inject, it, vi } from 'vitest';
import { createProcesses, postgresOf, processesIn, until } from '../support/process.ts';

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

const processes = createProcesses();
afterEach(() => processes.endAll());

describe('a word on the command line', () => {
  it.each([
    [['--help'], 0, /^Usage: npm start .*\n$/s, ''],
    [['version'], 0, /^\d+\.\d+\.\d+\n$/, ''],
    [['db:ulr'], 2, /^$/, /^Unknown command "db:ulr"\. Did you mean "db:url"\?.*\n$/],
    [['--verbose'], 2, /^$/, /^Unknown option "--verbose"\. .*\n$/],
  ])('%j ends with %i, and starts nothing', async (words, code, stdout, stderr) => {
    const dataDir = await processes.makeDataDir();
    expect(await processes.runToEnd({ DATA_DIR: dataDir, PORT: 'not read' }, ...words)).toEqual({
      code,
      signal: null,
      stdout: expect.stringMatching(stdout),
      stderr: expect.stringMatching(stderr),
    });
    expect(await readdir(dataDir)).toEqual([]);
  });

  it('db:seed needs no master key for a database of one’s own, and says in a line that it is not there', async () => {
    const { code, stderr } = await processes.runToEnd({ DATABASE_URL: 'postgresql://jobs@127.0.0.1:1/hub' }, 'db:seed');
    expect([code, stderr]).toEqual([
      1,
      expect.stringMatching(/^The database at .* cannot be reached.*ECONNREFUSED.*\n$/),
    ]);
  });
});

describe.skipIf(!existsSync('/usr/bin/script'))('a terminal', () => {
  it('shows the first start on a screen, and a server whose terminal is closed drains', async () => {
    const dataDir = await processes.makeDataDir();
    const program = `exec '${process.execPath}' '${join(inject('serverSources'), 'main.js')}'`;
    const terminal = spawn('/usr/bin/script', ['-qfec', program, '/dev/null'], {
      cwd: dataDir,
      env: { PATH: process.env.PATH, SHELL: '/bin/sh', TERM: 'xterm', DATA_DIR: dataDir, PORT: '0' },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let shown = '';
    terminal.stdout.setEncoding('utf8').on('data', (text: string) => {
      shown += text;
    });
    await until('the first screen', () => shown.includes('Not secured'), 40_000);
    const lines = stripVTControlCharacters(shown).trim().split('\n');
    expect(lines.length, shown).toBeLessThanOrEqual(15);
    expect(shown).toContain('psql "$(npm run -s db:url)"');

    const server = Number(await readFile(`/proc/${terminal.pid}/task/${terminal.pid}/children`, 'utf8'));
    expect(server).toBeGreaterThan(0);
    expect(postgresOf(dataDir)).toBeDefined();
    // The window is closed: the process at the other end of the terminal dies immediately.
    terminal.kill('SIGKILL');
    await until('the server to end', () => !existsSync(`/proc/${server}`), 30_000);
    // An orderly shutdown stops PostgreSQL.
    expect(await processesIn(dataDir)).toEqual([]);
  });
});

/** Who may import whom: the architecture as a test. Reads the sources' import lines. */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const SRC = fileURLToPath(new URL('../../src', import.meta.url));

interface Import {
  readonly from: string;
  /** A path within src, or a package's name. */
  readonly to: string;
  readonly isTypeOnly: boolean;
}

const files = readdirSync(SRC, { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts') && !file.includes('generated'))
  .map((file) => file.replaceAll('\\', '/'));

const imports: Import[] = files.flatMap((from) => {
  const text = readFileSync(join(SRC, from), 'utf8');
  return [...text.matchAll(/^(?:import|export)\s+(type\s)?[^'"]*?from\s+'([^']+)'|^import\s+'([^']+)'/gms)].map(
    (match) => {
      const target = match[2] ?? match[3] ?? '';
      const to = target.startsWith('.') ? normalize(join(dirname(from), target)) : target;
      return { from, to, isTypeOnly: match[1] !== undefined };
    },
  );
});

const folderOf = (file: string): string => (file.includes('/') ? (file.split('/')[0] ?? '') : '');
const found = (isForbidden: (one: Import) => boolean): string[] =>
  imports.filter(isForbidden).map(({ from, to }) => `${from} -> ${to}`);

/** The slices, each with the slices before it that its operations may use. */
const MAY_USE: Record<string, readonly string[]> = {
  events: ['access', 'sealing'],
  access: ['events'],
  families: ['access'],
  nodes: ['events', 'access'],
  sealing: ['events', 'access'],
  identity: ['events', 'access'],
  invitations: ['events', 'access'],
  accounts: ['events', 'access', 'identity', 'sealing'],
  jobs: ['events', 'access'],
  retention: ['events', 'access'],
  alerts: ['events', 'access', 'accounts'],
};
const MECHANISM = ['database', 'graphql', 'http', 'telemetry', 'work'];

describe('borders', () => {
  it('reads all sources', () => {
    expect(files.length).toBeGreaterThan(80);
    expect(imports.length).toBeGreaterThan(300);
  });

  it('has only folders that this test knows', () => {
    expect([...new Set(files.map(folderOf))].sort()).toEqual(
      ['', 'config', 'start', ...Object.keys(MAY_USE), ...MECHANISM].sort(),
    );
  });

  it.each(Object.entries(MAY_USE))('%s uses only the slices before it', (slice, allowed) => {
    expect(
      found(
        ({ from, to }) =>
          folderOf(from) === slice &&
          folderOf(to) in MAY_USE &&
          folderOf(to) !== slice &&
          !allowed.includes(folderOf(to)) &&
          to !== 'jobs/job.ts',
      ),
    ).toEqual([]);
  });

  it('keeps domain words out of the mechanism: it imports no slice', () => {
    expect(found(({ from, to }) => MECHANISM.includes(folderOf(from)) && folderOf(to) in MAY_USE)).toEqual([]);
  });

  it('keeps the settings to values: they know rules of addresses, and nothing that runs', () => {
    const known = ['http/loopback.ts', 'http/address.ts', 'events/webhooks/ip-address.rules.ts'];
    expect(
      found(
        ({ from, to }) =>
          folderOf(from) === 'config' && folderOf(to) !== 'config' && to.endsWith('.ts') && !known.includes(to),
      ),
    ).toEqual([]);
  });

  it('lets nobody but the wiring import app, start and main', () => {
    expect(
      found(
        ({ from, to }) =>
          (/^(app|main)\.ts$/.test(to) && !['', 'start'].includes(folderOf(from))) ||
          (folderOf(to) === 'start' && folderOf(from) !== 'start' && from !== 'main.ts'),
      ),
    ).toEqual([]);
  });

  it('keeps one slice’s graphql out of another’s', () => {
    expect(
      found(({ from, to }) => to.endsWith('.graphql.ts') && folderOf(from) !== folderOf(to) && from !== 'schema.ts'),
    ).toEqual([]);
  });

  it('keeps graphql out of operations and rules', () => {
    expect(
      found(({ from, to }) => folderOf(from) in MAY_USE && !from.endsWith('.graphql.ts') && folderOf(to) === 'graphql'),
    ).toEqual([]);
  });

  it('keeps rules pure: no database, no environment, no clock, no other layer', () => {
    const rules = files.filter((file) => file.endsWith('.rules.ts'));
    expect(rules.length).toBeGreaterThan(8);
    expect(
      found(({ from, to, isTypeOnly }) => {
        if (!from.endsWith('.rules.ts')) return false;
        if (isTypeOnly || /\.(rules|errors)\.ts$/.test(to) || to.includes('generated') || to === 'refusals.ts')
          return false;
        return folderOf(to) !== ''
          ? true
          : ['pg', 'pino', 'undici', '@prisma/client'].includes(to) || /^node:(fs|net|http|child_process)/.test(to);
      }).filter((line) => !line.endsWith('-> database/start-error.ts')),
    ).toEqual([]);
    for (const file of rules) {
      const text = readFileSync(join(SRC, file), 'utf8').replace(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, '');
      expect(text, file).not.toMatch(/Date\.now\(\)|new Date\(\)|performance\.now|process\.env/);
    }
  });

  it.each([
    // Programs that the embedded database starts get their environment from ours.
    ['process.env', /process\.env/, /^(main|database\/embedded\/account)\.ts$/],
    ['PrismaClient is made', /new PrismaClient\(/, /^database\//],
    ['toad-scheduler', /from 'toad-scheduler'/, /^jobs\//],
    ['pino', /from 'pino(-\w+)?'/, /^telemetry\//],
    ['prom-client', /from 'prom-client'/, /^telemetry\//],
    ['console', /console\.\w+\(/, /^main\.ts$/],
  ])('%s only where it belongs', (_name, pattern, place) => {
    const users = files.filter((file) => pattern.test(readFileSync(join(SRC, file), 'utf8')));
    expect(users.filter((file) => !place.test(file))).toEqual([]);
  });

  it('has no drawer for odds and ends', () => {
    expect(files.filter((file) => /(^|\/)(utils?|helpers?|common|types|index)(\.ts|\/)/.test(file))).toEqual([]);
  });

  it('keeps files small', () => {
    const long = files
      .map((file) => ({ file, lines: readFileSync(join(SRC, file), 'utf8').split('\n').length }))
      .filter(({ lines }) => lines > 250);
    expect(long).toEqual([]);
  });

  it('has no circle', () => {
    const graph = new Map(
      files.map((file) => [
        file,
        imports.filter((one) => one.from === file && !one.isTypeOnly && files.includes(one.to)).map((one) => one.to),
      ]),
    );
    const circles: string[] = [];
    const visit = (file: string, trail: readonly string[]): void => {
      if (trail.includes(file)) {
        circles.push([...trail.slice(trail.indexOf(file)), file].join(' -> '));
        return;
      }
      for (const next of graph.get(file) ?? []) visit(next, [...trail, file]);
      graph.set(file, []);
    };
    for (const file of files) visit(file, []);
    expect(circles).toEqual([]);
  });
});

/** The allowed imports: the architecture as a test. Parses the sources' import lines. */
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

/**
 * The layers from the bottom up: each imports only layers before it, types included. Files at the root of src are
 * listed by name.
 */
const ORDER = [
  'version.ts',
  'clock.ts',
  'within.ts',
  'visible-text.rules.ts',
  'refusals.ts',
  'addresses.ts',
  'config',
  'telemetry',
  'metrics.ts',
  'lifecycle.ts',
  'database',
  'work',
  'graphql',
  'http',
  'diagnosis',
  'access',
  'sealing',
  'events',
  'families',
  'nodes',
  'identity',
  'jobs',
  'accounts',
  'invitations',
  'retention',
  'alerts',
  'readings.ts',
  'upkeep.ts',
  'schema.ts',
  'services.ts',
  'app.ts',
  'start',
  'main.ts',
  'cli',
];
const SLICES = ORDER.slice(ORDER.indexOf('diagnosis'), ORDER.indexOf('readings.ts'));
const placeOf = (file: string): string => folderOf(file) || file;
/** A rules file that lower layers may import: how a delivery can end. */
const KNOWN_BELOW = ['events/webhooks/outcome.rules.ts'];
const MECHANISM = ['database', 'graphql', 'http', 'telemetry', 'work'];

describe('borders', () => {
  it('reads all sources', () => {
    expect(files.length).toBeGreaterThan(80);
    expect(imports.length).toBeGreaterThan(300);
  });

  it('has only folders, and files at the root, that this test knows', () => {
    expect([...new Set(files.map(placeOf))].sort()).toEqual([...ORDER].sort());
  });

  it.each(ORDER)('%s imports only what stands before it', (place) => {
    const before = ORDER.slice(0, ORDER.indexOf(place) + 1);
    expect(
      found(
        ({ from, to }) =>
          placeOf(from) === place &&
          to.endsWith('.ts') &&
          !to.includes('generated') &&
          !KNOWN_BELOW.includes(to) &&
          !before.includes(placeOf(to)),
      ),
    ).toEqual([]);
  });

  it('keeps domain words out of the mechanism: it imports no slice', () => {
    expect(
      found(
        ({ from, to }) =>
          MECHANISM.includes(folderOf(from)) && SLICES.includes(folderOf(to)) && !KNOWN_BELOW.includes(to),
      ),
    ).toEqual([]);
  });

  it('keeps graphql out of operations and rules', () => {
    expect(
      found(
        ({ from, to }) =>
          SLICES.includes(folderOf(from)) && !from.endsWith('.graphql.ts') && folderOf(to) === 'graphql',
      ),
    ).toEqual([]);
  });

  it('keeps rules pure: no database, no environment, no clock, no other layer', () => {
    // Diagnosis consists of tables and sentences: as pure as rules, and imported by rules.
    const isPure = (file: string): boolean =>
      file.endsWith('.rules.ts') || (folderOf(file) === 'diagnosis' && !file.endsWith('.graphql.ts'));
    const rules = files.filter(isPure);
    expect(rules.length).toBeGreaterThan(8);
    expect(
      found(({ from, to, isTypeOnly }) => {
        if (!isPure(from)) return false;
        if (isTypeOnly || isPure(to) || to.endsWith('.errors.ts') || to.includes('generated') || to === 'refusals.ts')
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
    // Programs that the embedded database starts inherit part of our environment.
    ['process.env', /process\.env/, /^(main|cli\/main|database\/embedded\/account)\.ts$/],
    ['PrismaClient is made', /new PrismaClient\(/, /^database\//],
    ['toad-scheduler', /from 'toad-scheduler'/, /^jobs\//],
    ['pino', /from 'pino(-\w+)?'/, /^telemetry\//],
    ['prom-client', /from 'prom-client'/, /^telemetry\//],
    ['OpenTelemetry', /from '@opentelemetry\//, /^telemetry\//],
    ['console', /console\.\w+\(/, /^main\.ts$/],
    [
      'the condition of a pause in force',
      /paused_until IS NULL/,
      /^(accounts\/lease|jobs\/ledger\/resolve\.rules)\.ts$/,
    ],
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

  it('has no circle, of types neither', () => {
    const graph = new Map(
      files.map((file) => [
        file,
        imports.filter((one) => one.from === file && files.includes(one.to)).map((one) => one.to),
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

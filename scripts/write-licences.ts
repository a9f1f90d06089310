/**
 * Writes docs/licences.md: the licence of every package that the server runs with, from the lock
 * file. Fails on one whose licence is not on the list, so that nobody ships it unawares.
 */
import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';

/** Permissive, or (MPL, EPL, CC-BY) binding only who changes the package itself. */
const ALLOWED: readonly string[] = [
  '0BSD',
  'Apache-2.0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'BlueOak-1.0.0',
  'EPL-2.0',
  'ISC',
  'MIT',
  'MIT and ISC',
  'Unlicense',
];

/** The lock file says nothing of these; their own files do. */
const STATED: Readonly<Record<string, string>> = { 'seq-queue': 'MIT' };

interface Lock {
  readonly packages: Readonly<
    Record<string, { version?: string; license?: string; dev?: boolean; optional?: boolean }>
  >;
}

const ROOT = new URL('..', import.meta.url);

interface Licensed {
  readonly name: string;
  readonly version: string;
  readonly licence: string;
}

/** Every package that `npm ci --omit=dev` installs, by name. */
export function licensedPackages(): Licensed[] {
  const lock = JSON.parse(readFileSync(new URL('package-lock.json', ROOT), 'utf8')) as Lock;
  const packages = Object.entries(lock.packages).flatMap(([path, { version = '', license, dev }]) => {
    const name = path.split('node_modules/').at(-1) ?? '';
    return path === '' || dev === true ? [] : [{ name, version, licence: license ?? STATED[name] ?? 'unknown' }];
  });
  const byText = new Map(packages.map((one) => [`${one.name} ${one.version}`, one]));
  return [...byText].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, one]) => one);
}

/** Those that may not be shipped without a decision. */
export const unlisted = (packages: readonly Licensed[]): Licensed[] =>
  packages.filter(({ licence }) => !ALLOWED.includes(licence));

/** The document. */
export function licencesText(packages: readonly Licensed[]): string {
  const counts = new Map<string, number>();
  for (const { licence } of packages) counts.set(licence, (counts.get(licence) ?? 0) + 1);
  return [
    '# Licences',
    '',
    'Of every package that the server runs with (`npm ci --omit=dev`), from `package-lock.json` by',
    '`npm run licences`, which fails on a licence that is not on its list. `npm run sbom` prints the',
    'same packages as a CycloneDX bill of materials.',
    '',
    '| licence | packages |',
    '|---|---|',
    ...[...counts].sort(([, a], [, b]) => b - a).map(([licence, count]) => `| ${licence} | ${count} |`),
    '',
    '| package | version | licence |',
    '|---|---|---|',
    ...packages.map(({ name, version, licence }) => `| ${name} | ${version} | ${licence} |`),
    '',
  ].join('\n');
}

if (process.argv[1] === new URL(import.meta.url).pathname) {
  const packages = licensedPackages();
  const problems = unlisted(packages);
  for (const { name, licence } of problems) console.error(`${name} has the licence "${licence}", which is not listed.`);
  if (problems.length > 0) process.exitCode = 1;
  else await writeFile(new URL('docs/licences.md', ROOT), licencesText(packages));
}

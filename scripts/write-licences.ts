/**
 * Writes docs/licences.md: the licence of every package that the server runs with or that the
 * dashboard's page contains, from the lock file. Fails on one whose licence is not on the list, so that
 * no one ships it by accident.
 */
import { readdirSync, readFileSync } from 'node:fs';
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

interface Locked {
  readonly version?: string;
  readonly license?: string;
  readonly dev?: boolean;
  readonly dependencies?: Readonly<Record<string, string>>;
}
type Lock = Readonly<Record<string, Locked>>;

const ROOT = new URL('..', import.meta.url);

interface Licensed {
  readonly name: string;
  readonly version: string;
  readonly licence: string;
}

const readLock = (): Lock =>
  (JSON.parse(readFileSync(new URL('package-lock.json', ROOT), 'utf8')) as { packages: Lock }).packages;

/** Every package that `npm ci --omit=dev` installs, by name. */
export function licensedPackages(): Licensed[] {
  const lock = readLock();
  return licensed(
    lock,
    Object.keys(lock).filter((path) => path !== '' && lock[path]?.dev !== true),
  );
}

/**
 * Every package that may be in the dashboard's page, by name: what its sources import, and what that
 * depends on. A bundler leaves much of it out, so these are rather too many than too few.
 */
export function bundledPackages(): Licensed[] {
  const lock = readLock();
  const found = new Set<string>();
  const visit = (name: string, from: string): void => {
    const path = resolved(lock, name, from);
    if (path === undefined || found.has(path)) return;
    found.add(path);
    for (const dependency of Object.keys(lock[path]?.dependencies ?? {})) visit(dependency, path);
  };
  for (const name of importedByDashboard()) visit(name, '');
  return licensed(lock, [...found]);
}

/** The packages that the page's sources name; what they import as types only is nowhere in it. */
function importedByDashboard(): Set<string> {
  const folder = new URL('dashboard/', ROOT);
  const sources = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter(
    (file) => /\.(tsx?|css)$/.test(file) && !/\.test\.|^vite\.config|\bgenerated\b/.test(file),
  );
  const names = sources.flatMap((file) => {
    const text = readFileSync(new URL(file, folder), 'utf8');
    const imports = text.matchAll(
      /(?:^|\n)@?(?:import|export)\b(?!\s+type\b)[^;'"]*?['"]((?:@[\w.-]+\/)?[\w.-]+)[^'"]*['"]/g,
    );
    // What is loaded only when it is needed.
    const lazy = text.matchAll(/\bimport\('((?:@[\w.-]+\/)?[\w.-]+)'\)/g);
    return [...imports, ...lazy].map(([, name = '']) => name).filter((name) => !name.startsWith('.'));
  });
  return new Set(names);
}

/** Where Node finds a package that another one needs: the nearest above it. */
function resolved(lock: Lock, name: string, from: string): string | undefined {
  for (let folder = from; ; folder = folder.slice(0, Math.max(0, folder.lastIndexOf('/node_modules/')))) {
    const path = `${folder === '' ? '' : `${folder}/`}node_modules/${name}`;
    if (lock[path] !== undefined) return path;
    if (folder === '') return undefined;
  }
}

function licensed(lock: Lock, paths: readonly string[]): Licensed[] {
  const packages = paths.map((path) => {
    const name = path.split('node_modules/').at(-1) ?? '';
    return { name, version: lock[path]?.version ?? '', licence: lock[path]?.license ?? STATED[name] ?? 'unknown' };
  });
  const byText = new Map(packages.map((one) => [`${one.name} ${one.version}`, one]));
  return [...byText].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, one]) => one);
}

/** Those that may not be shipped without a decision. */
export const unlisted = (packages: readonly Licensed[]): Licensed[] =>
  packages.filter(({ licence }) => !ALLOWED.includes(licence));

/** The document. */
export function licencesText(packages: readonly Licensed[], bundled: readonly Licensed[]): string {
  return [
    '# Licences',
    '',
    'The licence of every package that the server needs at run time (`npm ci --omit=dev`). `npm run licences` writes',
    'this page from `package-lock.json` and fails on a licence that is not on its list. `npm run sbom` prints the same',
    'packages as a CycloneDX bill of materials.',
    '',
    ...tables(packages),
    '## The dashboard',
    '',
    'Every package that can be part of the page in the browser: the imports of `dashboard/` and their dependencies. The',
    'build leaves out unused code.',
    '',
    ...tables(bundled),
  ].join('\n');
}

function tables(packages: readonly Licensed[]): string[] {
  const counts = new Map<string, number>();
  for (const { licence } of packages) counts.set(licence, (counts.get(licence) ?? 0) + 1);
  return [
    '| licence | packages |',
    '|---|---|',
    ...[...counts].sort(([, a], [, b]) => b - a).map(([licence, count]) => `| ${licence} | ${count} |`),
    '',
    '| package | version | licence |',
    '|---|---|---|',
    ...packages.map(({ name, version, licence }) => `| ${name} | ${version} | ${licence} |`),
    '',
  ];
}

if (process.argv[1] === new URL(import.meta.url).pathname) {
  const packages = licensedPackages();
  const bundled = bundledPackages();
  const problems = unlisted([...packages, ...bundled]);
  for (const { name, licence } of problems) console.error(`${name} has the licence "${licence}", which is not listed.`);
  if (problems.length > 0) process.exitCode = 1;
  else await writeFile(new URL('docs/licences.md', ROOT), licencesText(packages, bundled));
}

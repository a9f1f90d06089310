/**
 * Fails when schema.graphql breaks what clients of the last release rely on, unless the version says so:
 * a new major version, or below 1.0 a new minor one. The base is the newest tag `v*`; before the first
 * release it is the contract that clients were promised.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { CriticalityLevel, diff } from '@graphql-inspector/core';
import { buildSchema } from 'graphql';

const CONTRACT = 'test/structure/api-contract.graphql';

/** What the schema is compared with, or why that cannot be known. */
export type Base =
  | { readonly name: string; readonly text: string; readonly version?: string }
  | { readonly unknown: string };

/** The base for the clone in `folder`. */
export function baseOf(folder: string): Base {
  const git = (...args: string[]) =>
    execFileSync('git', args, { cwd: folder, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
  try {
    const [tag] = git('tag', '--merged', 'HEAD', '--list', 'v[0-9]*', '--sort=-version:refname').split('\n');
    if (tag) return { name: `release ${tag}`, text: git('show', `${tag}:schema.graphql`), version: tag.slice(1) };
    if (git('rev-parse', '--is-shallow-repository') === 'true')
      return {
        unknown: 'this clone is shallow and may lack the tag of the last release: git fetch --unshallow --tags',
      };
    return { name: `${CONTRACT}, as nothing was released yet`, text: readFileSync(join(folder, CONTRACT), 'utf8') };
  } catch {
    return { unknown: 'the last release is found by its git tag, and this folder is no git clone' };
  }
}

/** What clients that work with `before` would stumble over in `after`. */
export async function breakingChanges(before: string, after: string): Promise<string[]> {
  const changes = await diff(buildSchema(before), buildSchema(after));
  return changes
    .filter(({ criticality }) => criticality.level === CriticalityLevel.Breaking)
    .map(({ message }) => message);
}

/** Whether the step from one version to the next announces breaking changes. */
export function mayBreak(from: string, to: string): boolean {
  const significant = (version: string) => version.split('.', version.startsWith('0.') ? 2 : 1).join('.');
  return significant(from) !== significant(to);
}

if (process.argv[1] === import.meta.filename) {
  const folder = fileURLToPath(new URL('..', import.meta.url));
  const read = (path: string) => readFileSync(join(folder, path), 'utf8');
  const base = baseOf(folder);
  if ('unknown' in base) console.log(`NOT CHECKED: ${base.unknown}.`);
  else {
    const found = await breakingChanges(base.text, read('schema.graphql'));
    const { version } = JSON.parse(read('package.json')) as { version: string };
    const isAllowed = base.version !== undefined && mayBreak(base.version, version);
    for (const one of found) console.error(`Breaking: ${one}`);
    console.log(
      `Compared schema.graphql with ${base.name}: ${found.length} breaking changes${isAllowed ? `, which ${version} may have` : ''}.`,
    );
    if (found.length > 0 && !isAllowed) process.exitCode = 1;
  }
}

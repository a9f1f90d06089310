/** The check for breaking changes of the API, on clones created for it. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { baseOf, breakingChanges, mayBreak } from '../../scripts/check-schema.ts';

const folder = mkdtempSync(join(tmpdir(), 'schema-base-'));
const clone = join(folder, 'clone');
const git = (...args: string[]) => execFileSync('git', args, { cwd: clone, stdio: 'ignore' });
const OLD = 'type Query { a: Int b: Int }';
const NEW = 'type Query { a: Int }';

function commit(schema: string): void {
  writeFileSync(join(clone, 'schema.graphql'), schema);
  git('add', '-A');
  git('-c', 'user.name=T', '-c', 'user.email=t@example.org', '-c', 'commit.gpgsign=false', 'commit', '-m', 'x');
}

afterAll(() => rmSync(folder, { recursive: true, force: true }));

it('the base is the newest release; before the first one it is the contract', () => {
  mkdirSync(join(clone, 'test/structure'), { recursive: true });
  expect(baseOf(clone)).toEqual({ unknown: expect.stringContaining('no git clone') });
  git('init');
  writeFileSync(join(clone, 'test/structure/api-contract.graphql'), OLD);
  commit(OLD);
  expect(baseOf(clone)).toEqual({ name: expect.stringContaining('nothing was released'), text: OLD });
  git('tag', 'v0.9.0');
  commit(NEW);
  git('tag', 'v0.10.0');
  commit(OLD);
  expect(baseOf(clone)).toEqual({ name: 'release v0.10.0', text: NEW, version: '0.10.0' });
});

it('a shallow clone without tags says that it cannot know the last release', () => {
  execFileSync('git', ['clone', '-q', '--depth=1', '--no-tags', `file://${clone}`, join(folder, 'shallow')]);
  expect(baseOf(join(folder, 'shallow'))).toEqual({ unknown: expect.stringContaining('shallow') });
});

it('what goes breaks, what comes does not', async () => {
  expect(await breakingChanges(OLD, NEW)).toEqual([expect.stringContaining("'b'")]);
  expect(await breakingChanges(NEW, OLD)).toEqual([]);
});

it.each([
  ['0.1.0', '0.1.1', false],
  ['0.1.0', '0.2.0', true],
  ['0.9.0', '1.0.0', true],
  ['1.2.0', '1.3.0', false],
  ['1.2.0', '2.0.0', true],
])('from %s to %s breaking changes are allowed: %s', (from, to, isAllowed) =>
  expect(mayBreak(from, to)).toBe(isAllowed),
);

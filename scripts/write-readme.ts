/** Writes what is generated for readers: the README's table of settings, and docs/permissions.md, from the code itself. */
import { readFileSync, writeFileSync } from 'node:fs';
import type { Role } from '../src/access/caller.ts';
import { FIELDS, OPERATIONS, PATHS, type Permission } from '../src/access/permissions.rules.ts';
import { configurationTable } from '../src/config.ts';

const README = new URL('../README.md', import.meta.url);
export const PERMISSIONS = new URL('../docs/permissions.md', import.meta.url);
const BEGIN = /(<!-- settings: generated .* -->\n)[\s\S]*(<!-- end of settings -->)/;

export function withSettings(readme: string): string {
  return readme.replace(BEGIN, (_all, begin: string, end: string) => `${begin}\n${configurationTable()}\n\n${end}`);
}

const ROLES: readonly Role[] = ['viewer', 'operator', 'enqueuer', 'admin'];

/** docs/permissions.md: who may use which operation. */
export function permissionsDocument(): string {
  const row = ([name, { roles, isForFamilies }]: [string, Permission]) =>
    `| \`${name}\` | ${ROLES.map((role) => (roles.includes(role) ? 'yes' : '')).join(' | ')} | ${isForFamilies ? 'yes' : ''} |`;
  const table = (permissions: Readonly<Record<string, Permission>>) =>
    [
      `| operation | ${ROLES.map((role) => role.toUpperCase()).join(' | ')} | bound to a family |`,
      '|---|---|---|---|---|---|',
      ...Object.entries(permissions).map(row),
    ].join('\n');
  return `# Who may use what

Generated from \`src/access/permissions.rules.ts\` (\`npm run readme\`). "Bound to a family": a token
with a \`familyId\` may use it too, and sees and touches that family only. An ENQUEUER sees the entries
that it enqueued itself, whatever it asks for.

${table(OPERATIONS)}

Fields inside of answers that not everybody who gets the answer may ask for:

${table(FIELDS)}

Paths beside GraphQL:

${table(PATHS)}
`;
}

if (process.argv[1]?.endsWith('write-readme.ts')) {
  writeFileSync(PERMISSIONS, permissionsDocument());
  writeFileSync(README, withSettings(readFileSync(README, 'utf8')));
}

/** Writes the table of settings into the README, from the settings themselves. */
import { readFileSync, writeFileSync } from 'node:fs';
import { configurationTable } from '../src/config.ts';

const README = new URL('../README.md', import.meta.url);
const BEGIN = /(<!-- settings: generated .* -->\n)[\s\S]*(<!-- end of settings -->)/;

export function withSettings(readme: string): string {
  return readme.replace(BEGIN, (_all, begin: string, end: string) => `${begin}\n${configurationTable()}\n\n${end}`);
}

if (process.argv[1]?.endsWith('write-readme.ts')) {
  writeFileSync(README, withSettings(readFileSync(README, 'utf8')));
}

/**
 * docker-compose.yml as Compose sees it: parsed, with variables substituted by Compose's rules for `${VAR}`, `:-`,
 * `-` and `:?`.
 */
import { readFileSync } from 'node:fs';
import { parse } from 'yaml';

interface ComposeService {
  readonly image?: string;
  readonly profiles?: readonly string[];
  readonly command?: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  readonly ports?: readonly string[];
  readonly volumes?: readonly string[];
  readonly secrets?: readonly string[];
  readonly stop_grace_period?: string;
}

export interface ComposeFile {
  readonly services: Readonly<Record<string, ComposeService>>;
  readonly secrets?: Readonly<Record<string, { readonly environment: string }>>;
}

const FILE = new URL('../../docker-compose.yml', import.meta.url);

export function composeText(): string {
  return readFileSync(FILE, 'utf8');
}

/** The file with its variables substituted. Throws, as Compose does, when a required variable is missing. */
export function readCompose(variables: Readonly<Record<string, string>>): ComposeFile {
  return fill(parse(composeText()), variables) as ComposeFile;
}

/** The sorted names of the variables that the file uses. */
export function composeVariables(): string[] {
  const withoutComments = JSON.stringify(parse(composeText()));
  return [...new Set([...withoutComments.matchAll(/\$\{(\w+)/g)].map((match) => match[1] ?? ''))].sort();
}

function fill(node: unknown, variables: Readonly<Record<string, string>>): unknown {
  if (typeof node === 'string') return interpolate(node, variables);
  if (Array.isArray(node)) return node.map((item) => fill(item, variables));
  if (typeof node !== 'object' || node === null) return node;
  return Object.fromEntries(Object.entries(node).map(([key, value]) => [key, fill(value, variables)]));
}

/** Substitutes the variables in one text. Throws when a required variable is missing. */
export function interpolate(text: string, variables: Readonly<Record<string, string>>): string {
  return text.replace(/\$\{(\w+)(?:(:?[-?])([^}]*))?\}/g, (_, name: string, operator?: string, word = '') => {
    const value = variables[name];
    const isThere = value !== undefined && !(operator?.startsWith(':') && value === '');
    if (isThere) return value;
    if (operator?.endsWith('?')) throw new Error(`required variable ${name} is missing a value: ${word}`);
    return word;
  });
}

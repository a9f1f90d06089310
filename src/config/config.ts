/**
 * Reads the configuration from the environment, once. Reports all problems together, each with the
 * variable, what is wrong and an example.
 */
import { isDeepStrictEqual } from 'node:util';
import type { z } from 'zod';
import { type Key, RULES, type Values } from './rules.ts';
import { SETTINGS } from './settings.ts';
import { TUNING, type Tuning } from './tuning.ts';
import { unknownSettings } from './unknown.ts';
import type { Setting } from './values.ts';

const KEYS = Object.keys(SETTINGS) as Key[];

/** A setting with a value other than the default, both as written in the environment. */
export interface ChangedSetting {
  readonly name: string;
  /** Null for a secret. */
  readonly value: string | null;
  /** Null if it has none. */
  readonly default: string | null;
}

/** `PORT=4001`; for a secret only that it is set: `MASTER_KEY (set)`. */
export const settingText = ({ name, value }: ChangedSetting): string =>
  value === null ? `${name} (set)` : `${name}=${value}`;

/** The parsed settings (durations in milliseconds, numbers as numbers), and the constants that only tests change. */
export type Config = Values & Tuning & { readonly changed: readonly ChangedSetting[] };

/** All problems of the configuration, one line each. */
export class ConfigurationError extends Error {
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(`The configuration is not usable:\n${problems.map((problem) => `  - ${problem}`).join('\n')}`);
    this.name = 'ConfigurationError';
    this.problems = problems;
  }
}

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Reads the configuration; `dotenv` has the names of the variables from a .env file. An empty value counts
 * as unset. `warnings` lists variables that look like settings but are not. Throws ConfigurationError with
 * every problem.
 */
export function readConfig(
  env: Environment,
  dotenv: readonly string[] = [],
): { config: Config; warnings: readonly string[] } {
  const { values, changed, problems } = read(env, KEYS);
  const warnings = unknownSettings(KEYS, Object.keys(env), dotenv);
  if (problems.length > 0) throw new ConfigurationError([...problems, ...warnings]);
  return { config: { ...TUNING, ...values, changed }, warnings };
}

/** Reads the settings that a command needs; ignores problems with others. Throws ConfigurationError. */
export function readSettings<K extends Key>(env: Environment, names: readonly K[]): Pick<Values, K> {
  const { values, problems } = read(env, names);
  if (problems.length > 0) throw new ConfigurationError(problems);
  return values;
}

function read(
  env: Environment,
  names: readonly Key[],
): { values: Values; changed: ChangedSetting[]; problems: string[] } {
  const problems: string[] = [];
  const changed: ChangedSetting[] = [];
  const wrong = new Set<Key>();
  const values: Record<string, unknown> = {};
  for (const key of names) {
    const { schema, default: fallback, example, isSecret, variant = key }: Setting<z.ZodType> = SETTINGS[key];
    const name = env[variant] ? variant : key;
    const given = env[name] === '' ? undefined : env[name];
    const raw = given ?? fallback;
    if (raw === undefined) continue;
    const result = schema.safeParse(raw);
    if (result.success) {
      values[key] = result.data;
      // Compares the parsed values: `900s` equals `15m`.
      const isDefault = fallback !== undefined && isDeepStrictEqual(schema.parse(fallback), result.data);
      if (!isDefault) changed.push({ name, value: isSecret ? null : raw, default: fallback ?? null });
    } else {
      wrong.add(key);
      const what = result.error.issues.map((issue) => issue.message).join(', ');
      problems.push(`${name}${isSecret ? '' : `="${raw}"`} ${what}. Example: ${name}=${example}`);
    }
  }
  for (const [reads, complaint] of RULES) {
    if (!reads.every((key) => names.includes(key) && !wrong.has(key))) continue;
    const problem = complaint(values as Values);
    if (problem) problems.push(problem);
  }
  return { values: values as Values, changed, problems };
}

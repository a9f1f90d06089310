/**
 * Reads the configuration from the environment, once. Reports all problems together, each with the
 * variable, what is wrong and an example.
 */
import { isDeepStrictEqual } from 'node:util';
import type { z } from 'zod';
import { ACCESS_RULES } from './access-rules.ts';
import { SETTINGS } from './settings.ts';
import { TUNING, type Tuning } from './tuning.ts';
import { unknownSettings } from './unknown.ts';
import type { Setting } from './values.ts';

type Settings = typeof SETTINGS;
type Key = keyof Settings;
const KEYS = Object.keys(SETTINGS) as Key[];
/** The value that is set, or the default; undefined for a setting with neither. */
type Values = {
  [K in Key]: Settings[K] extends { default: string }
    ? z.output<Settings[K]['schema']>
    : z.output<Settings[K]['schema']> | undefined;
};

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

const TOKENS = ['ZITADEL_TOKEN', 'ZITADEL_TOKEN_FILE', 'ZITADEL_KEY_FILE'] as const;

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
    if (problem !== undefined) problems.push(problem);
  }
  return { values: values as Values, changed, problems };
}

/**
 * Rules that involve several settings. Each lists the settings that it reads: if one of them is invalid,
 * the rule is not checked, because its message would be misleading.
 */
const RULES: readonly (readonly [reads: readonly Key[], complaint: (config: Values) => string | undefined])[] = [
  [
    ['LEASE_DURATION', 'PROVIDER_TIMEOUT'],
    ({ LEASE_DURATION, PROVIDER_TIMEOUT }) =>
      LEASE_DURATION < 3 * PROVIDER_TIMEOUT
        ? `LEASE_DURATION must be at least three times PROVIDER_TIMEOUT (${3 * PROVIDER_TIMEOUT}ms), so that an attempt always ends within its lease. Example: LEASE_DURATION=${(3 * PROVIDER_TIMEOUT) / 1_000}s`
        : undefined,
  ],
  [
    ['HEARTBEAT_INTERVAL', 'LEASE_DURATION'],
    ({ HEARTBEAT_INTERVAL, LEASE_DURATION }) =>
      HEARTBEAT_INTERVAL > LEASE_DURATION
        ? 'HEARTBEAT_INTERVAL must not be longer than LEASE_DURATION. Example: HEARTBEAT_INTERVAL=5s'
        : undefined,
  ],
  [
    ['DATABASE_DIRECT_URL', 'DATABASE_URL'],
    ({ DATABASE_DIRECT_URL, DATABASE_URL }) =>
      DATABASE_DIRECT_URL !== undefined && DATABASE_URL === undefined
        ? 'DATABASE_DIRECT_URL is set without DATABASE_URL. Set DATABASE_URL too, or unset it for the embedded database.'
        : undefined,
  ],
  [
    ['MASTER_KEY', 'MASTER_KEY_FILE'],
    ({ MASTER_KEY, MASTER_KEY_FILE }) =>
      MASTER_KEY !== undefined && MASTER_KEY_FILE !== undefined
        ? 'MASTER_KEY and MASTER_KEY_FILE are both set. Keep one of them.'
        : undefined,
  ],
  [
    ['NEW_MASTER_KEY', 'NEW_MASTER_KEY_FILE'],
    ({ NEW_MASTER_KEY, NEW_MASTER_KEY_FILE }) =>
      NEW_MASTER_KEY !== undefined && NEW_MASTER_KEY_FILE !== undefined
        ? 'NEW_MASTER_KEY and NEW_MASTER_KEY_FILE are both set. Keep one of them.'
        : undefined,
  ],
  [
    ['MASTER_KEY_FILE', 'NEW_MASTER_KEY_FILE'],
    ({ MASTER_KEY_FILE, NEW_MASTER_KEY_FILE }) =>
      NEW_MASTER_KEY_FILE !== undefined && MASTER_KEY_FILE === NEW_MASTER_KEY_FILE
        ? 'NEW_MASTER_KEY_FILE names the same file as MASTER_KEY_FILE. The new master key needs a file of its own while both are in use.'
        : undefined,
  ],
  [
    ['DATABASE_URL', 'MASTER_KEY', 'MASTER_KEY_FILE'],
    ({ DATABASE_URL, MASTER_KEY, MASTER_KEY_FILE }) =>
      DATABASE_URL !== undefined && MASTER_KEY === undefined && MASTER_KEY_FILE === undefined
        ? 'MASTER_KEY (or MASTER_KEY_FILE) is needed with DATABASE_URL: it must not lie in the database. Example: MASTER_KEY="$(openssl rand -base64 32)", kept safe and the same on every node'
        : undefined,
  ],
  [
    TOKENS,
    (config) => {
      const tokens = TOKENS.filter((name) => config[name] !== undefined);
      return tokens.length > 1
        ? `${tokens.join(' and ')} are set, but they say the same thing in different ways. Keep one of them.`
        : undefined;
    },
  ],
  [
    ['IDENTITY_PROVIDER', 'ZITADEL_URL'],
    ({ IDENTITY_PROVIDER, ZITADEL_URL }) =>
      IDENTITY_PROVIDER === 'zitadel' && ZITADEL_URL === undefined
        ? 'ZITADEL_URL is needed with IDENTITY_PROVIDER=zitadel. Example: ZITADEL_URL=https://id.example.org'
        : undefined,
  ],
  [
    ['DATABASE_URL', 'ZITADEL_URL', 'IDENTITY_PROVIDER'],
    ({ DATABASE_URL, ZITADEL_URL, IDENTITY_PROVIDER }) =>
      DATABASE_URL !== undefined && ZITADEL_URL === undefined && IDENTITY_PROVIDER === undefined
        ? 'ZITADEL_URL is needed with DATABASE_URL: real accounts must not be created in a simulator. Example: ZITADEL_URL=https://id.example.org, or say IDENTITY_PROVIDER=simulator'
        : undefined,
  ],
  [
    ['IDENTITY_PROVIDER', 'ZITADEL_URL', ...TOKENS],
    (config) =>
      providerOf(config) === 'zitadel' && TOKENS.every((name) => config[name] === undefined)
        ? 'ZITADEL_TOKEN (or ZITADEL_TOKEN_FILE) is needed with Zitadel, or ZITADEL_KEY_FILE for a service account’s key. Example: ZITADEL_TOKEN_FILE=/run/secrets/zitadel-token'
        : undefined,
  ],
  [
    ['ZITADEL_INSTANCE_HOST'],
    ({ ZITADEL_INSTANCE_HOST: host }) =>
      host !== undefined && !isHostName(host)
        ? `ZITADEL_INSTANCE_HOST="${host}" is not a host name: it has neither protocol nor path. Example: ZITADEL_INSTANCE_HOST=id.example.org`
        : undefined,
  ],
  ...ACCESS_RULES,
];

/**
 * The identity provider in use: the one in IDENTITY_PROVIDER, else Zitadel if ZITADEL_URL is set, else the
 * simulator.
 */
export function providerOf(config: Pick<Config, 'IDENTITY_PROVIDER' | 'ZITADEL_URL'>): 'zitadel' | 'simulator' {
  return config.IDENTITY_PROVIDER ?? (config.ZITADEL_URL === undefined ? 'simulator' : 'zitadel');
}

/** Whether the text is only a host, with or without a port. */
function isHostName(text: string): boolean {
  return URL.canParse(`http://${text}`) && /^[^\s/?#@\\]+$/.test(text);
}

/** The types of settings; each parses text from the environment. */
import { z } from 'zod';
import { isLoopback, readNetwork } from '../addresses.ts';
import { parseDatabaseUrl } from './database-url.ts';

const UNITS: Record<string, number> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** A duration such as `500ms`, `2s`, `5m`, `4h`, `30d`, in milliseconds. */
export const duration = (atLeastMs = 1) =>
  z.string().transform((text, context) => readDuration(text, atLeastMs, context));

/**
 * A retention time in milliseconds, or null for `never`. At least one day, the lifetime of idempotency
 * keys: a repeated request must find what the first one created.
 */
export const retention = (atLeastMs = 86_400_000) =>
  z
    .string()
    .transform((text, context) =>
      text.trim() === 'never' ? null : readDuration(text, atLeastMs, context, ', or never'),
    );

function readDuration(text: string, atLeastMs: number, context: z.RefinementCtx<string>, otherwise = ''): number {
  const match = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/.exec(text.trim());
  const ms = match ? Math.round(Number(match[1]) * (UNITS[match[2] ?? ''] ?? Number.NaN)) : Number.NaN;
  if (Number.isNaN(ms)) return fail(context, `is not a duration (a number and one of ms, s, m, h, d)${otherwise}`);
  if (ms < atLeastMs) return fail(context, `is shorter than ${durationText(atLeastMs)}`);
  if (ms > 10 * 365 * 86_400_000) return fail(context, `is longer than ten years${otherwise}`);
  return ms;
}

/** A duration in the largest unit that leaves no remainder. */
function durationText(ms: number): string {
  const unit = (['d', 'h', 'm', 's'] as const).find((one) => ms % (UNITS[one] ?? 1) === 0 && ms > 0) ?? 'ms';
  return `${ms / (UNITS[unit] ?? 1)}${unit}`;
}

const SIZES: Readonly<Record<string, number>> = { MB: 1e6, GB: 1e9, TB: 1e12 };

/** A size such as `500MB`, `1GB`, `2TB`, in bytes. */
export const size = () =>
  z.string().transform((text, context) => {
    const [, amount, unit = ''] = /^(\d+)(MB|GB|TB)$/.exec(text.trim()) ?? [];
    const bytes = Number(amount) * (SIZES[unit] ?? Number.NaN);
    return bytes > 0 ? bytes : fail(context, 'is not a size (a whole number and one of MB, GB, TB)');
  });

export const integer = (min: number, max: number) =>
  z.string().transform((text, context) => {
    const value = /^\d+$/.test(text.trim()) ? Number(text) : Number.NaN;
    if (Number.isNaN(value)) return fail(context, 'is not a whole number');
    return value < min || value > max ? fail(context, `is not between ${min} and ${max}`) : value;
  });

export const url = (...protocols: string[]) =>
  z.string().refine((text) => URL.canParse(text) && protocols.includes(new URL(text).protocol), {
    error: `is not a URL that begins with ${protocols.map((protocol) => `${protocol}//`).join(' or ')}`,
  });

/** The URL of a PostgreSQL database; with several hosts, it says that the server must accept writes. */
/** A URL with https; with http only on this machine. */
export const secureUrl = () =>
  url('https:', 'http:').refine((text) => !URL.canParse(text) || !isOpen(new URL(text)), {
    error:
      'is not encrypted, so that anyone on the network could act for everyone. Use https:// (http:// only on this machine)',
  });
const isOpen = ({ protocol, hostname }: URL): boolean =>
  protocol === 'http:' && !isLoopback(hostname.replace(/^\[|\]$/g, ''));
/** A host, with or without a port. */
export const hostName = () =>
  z.string().refine((text) => URL.canParse(`http://${text}`) && /^[^\s/?#@\\]+$/.test(text), {
    error: 'is not a host name: it has neither protocol nor path',
  });
export const databaseUrl = () =>
  z.string().transform((text, context) => {
    const url = parseDatabaseUrl(text);
    return 'problem' in url ? fail(context, url.problem) : url.full;
  });

export const oneOf = <const T extends readonly [string, ...string[]]>(values: T) =>
  z.enum(values, { error: `is not one of ${values.join(', ')}` });

/** Texts separated by commas. */
export const list = () =>
  z.string().transform((text) =>
    text
      .split(',')
      .map((part) => part.trim())
      .filter((part) => part !== ''),
  );
/** IP addresses and networks, separated by commas. */
export const networks = () =>
  list().refine((parts) => parts.every((part) => readNetwork(part) !== undefined), {
    error: 'is not a list of networks or addresses, separated by commas',
  });
export const flag = () => oneOf(['true', 'false']);
export const text = () => z.string();

/** The value of a header: validated here, because invalid characters would otherwise fail only when it is sent. */
export const headerValue = () =>
  z.string().regex(/^[\x21-\x7e]+$/, { error: 'must have only visible ASCII characters, without spaces' });

function fail(context: z.RefinementCtx<string>, message: string): never {
  context.addIssue({ code: 'custom', message });
  return z.NEVER;
}

export interface Setting<T extends z.ZodType> {
  /** Parses a value; also the default, which is in the notation of the environment. */
  readonly schema: T;
  readonly default?: string;
  readonly example: string;
  /** A more specific name of the same setting, which takes precedence. */
  readonly variant?: string;
  readonly means: string;
  readonly isSecret?: boolean;
  /** Whether the README lists it. */
  readonly isInReadme?: boolean;
}

export const setting = <const S extends Setting<z.ZodType>>(value: S): S => value;

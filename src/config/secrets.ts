/** The secrets of the configuration, so that the log can hide them wherever they appear. */

import type { ZodType } from 'zod';
import type { Config } from './config.ts';
import { parseDatabaseUrl } from './database-url.ts';
import { SETTINGS } from './settings.ts';
import type { Setting } from './values.ts';

/** The values in the headers that the exporter of traces sends: OTEL_EXPORTER_OTLP_HEADERS and its variants. */
export const exporterSecrets = (env: Readonly<Record<string, string | undefined>>): string[] =>
  Object.entries(env)
    .filter(([name]) => /^OTEL_EXPORTER_OTLP_([A-Z]+_)?HEADERS$/.test(name))
    .flatMap(([, headers = '']) => headers.split(','))
    .flatMap((header) => {
      const value = header.slice(header.indexOf('=') + 1).trim();
      return [
        value,
        value.replaceAll(/(%[\da-f]{2})+/gi, (bytes) => Buffer.from(bytes.replaceAll('%', ''), 'hex').toString()),
      ];
    });

/** The values of all secret settings, and the passwords in URLs, both as written and decoded. */
export function secretsOf(config: Config): string[] {
  const secret = Object.entries(SETTINGS as Record<string, Setting<ZodType>>).filter(
    ([, { isSecret }]) => isSecret === true,
  );
  return secret.flatMap(([key]) => {
    const value = config[key as keyof Config];
    if (typeof value !== 'string') return [];
    const url = parseDatabaseUrl(value);
    if ('problem' in url) return [value];
    // An address without a password is no secret, and the start shows it.
    return url.passwords.length === 0 ? [] : [value, ...url.passwords];
  });
}

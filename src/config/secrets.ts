/** The secrets of the configuration, so that the log can hide them wherever they appear. */

import type { ZodType } from 'zod';
import type { Config } from './config.ts';
import { parseDatabaseUrl } from './database-url.ts';
import { SETTINGS } from './settings.ts';
import type { Setting } from './values.ts';

/** The values of all secret settings, and the passwords in URLs, both as written and decoded. */
export function secretsOf(config: Config): string[] {
  const secret = Object.entries(SETTINGS as Record<string, Setting<ZodType>>).filter(
    ([, { isSecret }]) => isSecret === true,
  );
  return secret.flatMap(([key]) => {
    const value = config[key as keyof Config];
    if (typeof value !== 'string') return [];
    const url = parseDatabaseUrl(value);
    return 'problem' in url ? [value] : [value, ...url.passwords];
  });
}

/** Which texts of the configuration are secrets, so that the log can hide them wherever they turn up. */

import type { ZodType } from 'zod';
import type { Config } from './config.ts';
import { SETTINGS } from './settings.ts';
import type { Setting } from './values.ts';

/** The values of all secret settings, and the passwords within those that are addresses, as written and as meant. */
export function secretsOf(config: Config): string[] {
  const secret = Object.entries(SETTINGS as Record<string, Setting<ZodType>>).filter(
    ([, { isSecret }]) => isSecret === true,
  );
  return secret.flatMap(([key]) => {
    const value = config[key as keyof Config];
    if (typeof value !== 'string') return [];
    const password = URL.canParse(value) ? new URL(value).password : '';
    if (password === '') return [value];
    try {
      return [value, password, decodeURIComponent(password)];
    } catch {
      // A % that begins no escape stands for itself.
      return [value, password];
    }
  });
}

/** Which settings differ from their defaults, for the log of a start. */
import type { ZodType } from 'zod';
import type { Config } from './config.ts';
import { SETTINGS } from './settings.ts';
import { durationText, type Setting } from './values.ts';

/**
 * The settings that are not at their default, as one would write them in the environment:
 * `UNDO_WINDOW=20m`; of a secret only that it is set: `MASTER_KEY (set)`.
 */
export function changedSettings(config: Config): string[] {
  const settings = Object.entries(SETTINGS) as [keyof Config, Setting<ZodType>][];
  return settings.flatMap(([name, { schema, default: fallback, example, isSecret }]) => {
    const value = config[name];
    if (value === undefined) return [];
    // Compared as values: `900s` is no other setting than `15m`.
    if (fallback !== undefined && JSON.stringify(schema.parse(fallback)) === JSON.stringify(value)) return [];
    return [isSecret ? `${name} (set)` : `${name}=${textOf(value, example)}`];
  });
}

function textOf(value: unknown, example: string): string {
  if (value === null) return 'never';
  if (typeof value === 'number') return /\d(ms|s|m|h|d)$/.test(example) ? durationText(value) : String(value);
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/**
 * A start with other settings than the last one is an act like any other: what changed is put on
 * record, of secrets only that they did. Settings that are a machine's own business are left out,
 * so that nodes with different ports do not take turns.
 */
import type { Config } from '../config/config.ts';
import { SETTINGS } from '../config/settings.ts';
import type { Setting } from '../config/values.ts';
import { asSystem, type Services } from '../work/context.ts';
import { unit } from '../work/unit.ts';

const OF_A_MACHINE: readonly string[] = [
  'HOST',
  'PORT',
  'NODE_NAME',
  'DATA_DIR',
  'LOG_LEVEL',
  'LOG_FORMAT',
  'DATABASE_URL',
  'DATABASE_DIRECT_URL',
  'DATABASE_POOL_SIZE',
];

/** Keeps the settings for the next start, and records which differ from the last one's; the first start records none. */
export async function recordSettings(services: Services): Promise<void> {
  const present = presentSettings(services);
  await unit(asSystem(services, 'start'), async (tx) => {
    // Two nodes that start at once do so in turn.
    await tx.query('LOCK TABLE auth.known_settings IN SHARE ROW EXCLUSIVE MODE');
    const rows = await tx.query<{ name: string; value: string }>('SELECT name, value FROM auth.known_settings');
    const known = new Map(rows.map(({ name, value }) => [name, value]));
    const names = [...new Set([...known.keys(), ...present.keys()])].filter(
      (name) => known.get(name) !== present.get(name),
    );
    if (names.length === 0) return;
    await tx.query('DELETE FROM auth.known_settings WHERE name = ANY ($1)', [names]);
    await tx.query('INSERT INTO auth.known_settings (name, value) SELECT * FROM unnest($1::text[], $2::text[])', [
      names.filter((name) => present.has(name)),
      names.flatMap((name) => present.get(name) ?? []),
    ]);
    if (known.size === 0) return;
    const valuesOf = (settings: ReadonlyMap<string, string>) =>
      Object.fromEntries(names.map((name) => [name, settings.get(name) ?? null]));
    tx.happened('settingsChanged', { id: 'server', before: valuesOf(known), after: valuesOf(present) });
  });
}

function presentSettings({ config, keyRing }: Services): Map<string, string> {
  const settings = Object.entries(SETTINGS) as [keyof Config, Setting<never>][];
  return new Map(
    settings.flatMap(([name, { isSecret }]) => {
      const value = config[name];
      if (value === undefined || OF_A_MACHINE.includes(name)) return [];
      const text = typeof value === 'string' ? value : JSON.stringify(value);
      return [[name, isSecret ? `secret ${keyRing.digest(`${name} ${text}`).slice(0, 12)}` : text]];
    }),
  );
}

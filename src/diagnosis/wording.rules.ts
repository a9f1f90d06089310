/** Formats counts, durations and sizes for the texts of conditions. */

const UNITS = [
  ['day', 86_400_000],
  ['hour', 3_600_000],
  ['minute', 60_000],
  ['second', 1_000],
  ['millisecond', 1],
] as const;

/** Formats a duration in the largest unit that fits, rounded down: `5 minutes`, `1 day`. */
export function inWords(ms: number): string {
  const [name, size] = UNITS.find(([, one]) => ms >= one) ?? (['millisecond', 1] as const);
  return counted(Math.floor(ms / size), name);
}

/** `1 entry`, `4,000 entries`. */
export function counted(count: number, one: string, many = `${one}s`): string {
  return `${count.toLocaleString('en-GB')} ${count === 1 ? one : many}`;
}

/** Formats bytes in the largest unit that fits, from kB to TB: `1.5 GB`. */
export function inBytes(bytes: number): string {
  const [name, size] =
    (
      [
        ['TB', 1e12],
        ['GB', 1e9],
        ['MB', 1e6],
      ] as const
    ).find(([, one]) => bytes >= one) ?? (['kB', 1e3] as const);
  return `${(bytes / size).toFixed(1)} ${name}`;
}

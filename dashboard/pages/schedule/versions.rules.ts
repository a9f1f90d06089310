/** What a version of a schedule changed. Pure. */
import type { EnumOf } from '../../graphql/graphql.ts';

export interface Versioned {
  readonly cron: string;
  readonly timeZone: string;
  readonly misfirePolicy: EnumOf<'MisfirePolicy'>;
  readonly pause: { readonly pausedAt: string; readonly until: string | null } | null;
}

export type Change =
  | { readonly what: 'cron' | 'timeZone' | 'misfirePolicy'; readonly from: string; readonly to: string }
  | { readonly what: 'paused' }
  | { readonly what: 'resumed' };

/** `before`: the previous version; undefined for the first known one. */
export function changesOf(version: Versioned, before: Versioned | undefined): Change[] {
  if (before === undefined) return [];
  const fields = (['cron', 'timeZone', 'misfirePolicy'] as const).flatMap((what): Change[] =>
    version[what] === before[what] ? [] : [{ what, from: before[what], to: version[what] }],
  );
  const isSamePause =
    version.pause?.pausedAt === before.pause?.pausedAt && version.pause?.until === before.pause?.until;
  if (isSamePause) return fields;
  return [...fields, version.pause === null ? { what: 'resumed' } : { what: 'paused' }];
}

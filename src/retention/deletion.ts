/** What every deletion of rows beyond their time is: one statement that is bounded, and tells what it deleted. */
import type { Queryable } from '../database/database.ts';

/** Deletes up to `limit` rows older than `keepMs`; answers their keys. */
export type Delete = (db: Queryable, keepMs: number, limit: number) => Promise<string[]>;

/** The keys of what a statement deleted that ends in `RETURNING … AS key`. */
export const keys = async (rows: Promise<Record<string, unknown>[]>): Promise<string[]> =>
  (await rows).map(({ key }) => String(key));

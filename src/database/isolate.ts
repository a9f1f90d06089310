/**
 * One statement for many rows is fast, but one row that the database rejects fails all of them. Such a
 * batch is halved until that row is found; the others are written.
 */
import { sqlStateOf } from './violations.ts';

/** SQLSTATEs for rejected data: format or size (22, 54), or a constraint (23). */
const OF_THE_DATA = /^(22|23|54)/;

/**
 * Runs a batch; if the data of one item make it fail, `offender` gives its result. Returns one result
 * per item, in order. Throws any other error, and what `offender` throws.
 */
export async function isolating<Item, Result>(
  items: readonly Item[],
  run: (items: readonly Item[]) => Promise<readonly Result[]>,
  offender: (item: Item, error: unknown) => Result | Promise<Result>,
): Promise<readonly Result[]> {
  try {
    return await run(items);
  } catch (error) {
    if (!OF_THE_DATA.test(sqlStateOf(error) ?? '')) throw error;
    const [only] = items;
    if (items.length === 1 && only !== undefined) return [await offender(only, error)];
  }
  const half = Math.ceil(items.length / 2);
  const first = await isolating(items.slice(0, half), run, offender);
  return [...first, ...(await isolating(items.slice(half), run, offender))];
}

/** The statements that the server sends, seen at the driver's client, through which all of them pass. */
import pg from 'pg';
import { type MockInstance, vi } from 'vitest';

/**
 * Calls `see` with each statement from now on; restore the spy afterwards. Leaves out that connections drop old plans,
 * which happens every few seconds, after the work.
 */
export function watchStatements(see: (text: string) => void): MockInstance {
  const original = pg.Client.prototype.query;
  return vi.spyOn(pg.Client.prototype, 'query').mockImplementation(function (this: pg.Client, ...args: unknown[]) {
    const [config] = args;
    const text = typeof config === 'string' ? config : String((config as { text?: string }).text);
    if (text !== 'DISCARD PLANS') see(text);
    return Reflect.apply(original, this, args) as never;
  });
}

import { describe, expect, it } from 'vitest';
import { after, type Connection, type Deed, firstConnection, type Happening } from './connection.rules.ts';

/** Returns the deeds after each happening, in words, and the final state. */
function play(happenings: readonly Happening[], isHidden = false) {
  let connection: Connection = firstConnection(isHidden);
  const steps = happenings.map((happening) => {
    const next = after(connection, happening, 0.5);
    connection = next.connection;
    return next.deeds.map(inWords);
  });
  return { connection, steps, last: steps.at(-1) ?? [] };
}
const inWords = (deed: Deed): string =>
  deed.do === 'arm' ? `arm ${deed.timer} ${deed.ms}` : deed.do === 'disarm' ? `disarm ${deed.timer}` : deed.do;

const TRIED = ['disarm retry', 'arm silence 20000', 'connect'];

describe('the live stream’s connection', () => {
  it('is made at once, and watched from then on: making it may hang as well', () => {
    expect(play(['begun']).last).toEqual(TRIED);
    const hung = play(['begun', 'silence']);
    expect(hung.last).toEqual(['disconnect', 'disarm silence', 'arm retry 500']);
    expect(hung.connection.status).toBe('reconnecting');
    expect(play(['begun', 'silence', 'retry']).last).toEqual(TRIED);
  });

  it('waits longer after each failure, up to ten seconds, and begins anew once it was open', () => {
    const waits = (happenings: readonly Happening[]) =>
      play(happenings)
        .steps.flat()
        .filter((step) => step.startsWith('arm retry'))
        .map((step) => Number(step.split(' ')[2]));
    const failing = Array.from({ length: 7 }, (): Happening[] => ['broken', 'retry']).flat();
    expect(waits(['begun', ...failing])).toEqual([500, 1_000, 2_000, 4_000, 8_000, 10_000, 10_000]);
    expect(waits(['begun', 'broken', 'retry', 'opened', 'broken'])).toEqual([500, 500]);
  });

  it('is not made for a page that nobody has seen, which notes only where the stream is', () => {
    const { connection, last } = play(['begun'], true);
    expect([connection.status, last]).toEqual(['paused', ['note']]);
    expect(play(['begun', 'online'], true).last).toEqual([]);
    expect(play(['begun', 'broken'], true).last).toEqual([]);
    expect(play(['begun', 'seen'], true).last).toEqual(['disarm unseen', ...TRIED]);
    // Seen only for a moment.
    expect(play(['begun', 'seen', 'hidden'], true).last).toEqual(['arm unseen 5000']);
  });

  it('ends when the page has been out of sight for a minute, and is gone on with when it is seen', () => {
    expect(play(['begun', 'opened', 'hidden']).last).toEqual(['arm unseen 5000']);
    expect(play(['begun', 'opened', 'hidden', 'seen']).last).toEqual(['disarm unseen']);
    const paused: Happening[] = ['begun', 'opened', 'hidden', 'unseen'];
    expect(play(paused).last).toEqual(['disconnect', 'disarm silence', 'disarm retry']);
    expect(play(paused).connection.status).toBe('paused');
    // Late events: bytes of the old connection that were still in transit, and timers that had already expired.
    for (const late of ['heard', 'opened', 'silence', 'retry', 'broken', 'online'] as const)
      expect(play([...paused, late])).toMatchObject({ connection: { status: 'paused' }, last: [] });
    expect(play([...paused, 'seen']).last).toEqual(['disarm unseen', ...TRIED]);
    expect(play(['begun', 'broken', 'hidden', 'unseen', 'retry'])).toMatchObject({ connection: { status: 'paused' } });
  });

  it('is made anew when the page is seen or the network is back, even if it is being made', () => {
    const trying: Happening[] = ['begun', 'opened', 'broken', 'retry'];
    expect(play([...trying, 'seen']).last).toEqual(['disarm unseen', 'disconnect', ...TRIED]);
    expect(play([...trying, 'online']).last).toEqual(['disconnect', ...TRIED]);
    expect(play(['begun', 'opened', 'broken', 'online']).last).toEqual(TRIED);
  });

  it('is doubted when the network has changed under it', () => {
    expect(play(['begun', 'opened', 'online']).last).toEqual(['arm silence 14000']);
    expect(play(['begun', 'opened', 'online', 'heard']).last).toEqual(['arm silence 20000']);
  });

  it('is let go of at once when the page is left, and made again when the browser comes back to it', () => {
    const { connection, last } = play(['begun', 'opened', 'left']);
    expect(last[0]).toBe('disconnect');
    expect(connection).toMatchObject({ status: 'paused', isTried: false });
    expect(play(['begun', 'opened', 'left', 'seen']).last).toContain('connect');
    // Its last bytes may still arrive.
    expect(play(['begun', 'opened', 'left', 'heard']).last).toEqual([]);
  });
});

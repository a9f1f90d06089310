import { afterEach, describe, expect, it } from 'vitest';
import { type SeqStandIn, startSeq } from '../../test/support/seq.ts';
import { createSeqStream, type SeqLimits } from './log-seq.ts';

const FAST: Partial<SeqLimits> = { gatherMs: 5, timeoutMs: 15_000, longestBackOffMs: 50, calmMs: 60_000 };
const PATIENT = { timeout: 30_000, interval: 5 };

let seq: SeqStandIn | undefined;
afterEach(async () => {
  await seq?.close();
  seq = undefined;
});

const line = (msg: string, fields: object = {}) => `${JSON.stringify({ level: 30, time: 1, ...fields, msg })}\n`;

function stream(url: string, limits: Partial<SeqLimits> = {}, apiKey?: string) {
  const told: string[] = [];
  const made = createSeqStream({
    url,
    apiKey,
    limits: { ...FAST, ...limits },
    onTrouble: (problem) => told.push(problem),
    onBack: (dropped) => told.push(`back, ${dropped} dropped`),
  });
  return { ...made, told };
}

const messages = (from: SeqStandIn) => from.events.map((event) => event['@m']);
const numbered = (count: number, from = 0) => Array.from({ length: count }, (_, index) => `line ${from + index}`);

it('sends every line once, in order and in batches, as CLEF, with the key in a header only', async () => {
  seq = await startSeq();
  const { write, flush, told, droppedLines } = stream(seq.url, { batchLines: 100 }, 'k3y-of-seq');
  for (const msg of numbered(1_000)) write(line(msg, { jobName: 'X', level: 40 }));
  await expect.poll(() => seq?.events.length, PATIENT).toBe(1_000);
  expect(messages(seq)).toEqual(numbered(1_000));
  expect(seq.complaints).toEqual([]);
  expect(seq.events[0]).toEqual({ '@t': '1970-01-01T00:00:00.001Z', '@l': 'Warning', '@m': 'line 0', jobName: 'X' });
  expect(seq.requests.length).toBeLessThanOrEqual(20);
  for (const { path, headers, body } of seq.requests) {
    expect(headers['x-seq-apikey']).toBe('k3y-of-seq');
    expect(path + body).not.toContain('k3y-of-seq');
  }
  expect([await flush(1_000), droppedLines(), told]).toEqual([0, 0, []]);
});

describe('a Seq that', () => {
  it('is away gets everything once it is there; its trouble is told once, and its end', async () => {
    const gone = await startSeq();
    await gone.close();
    const { write, told, droppedLines } = stream(gone.url, { calmMs: 100 });
    for (const msg of numbered(50)) write(line(msg));
    await expect.poll(() => told.length, PATIENT).toBe(1);
    for (const msg of numbered(50, 50)) write(line(msg));
    seq = await startSeq(Number(new URL(gone.url).port));
    await expect.poll(() => seq?.events.length, PATIENT).toBe(100);
    expect(messages(seq)).toEqual(numbered(100));
    await expect.poll(() => told.length, PATIENT).toBe(2);
    expect(told).toEqual([expect.stringContaining('ECONNREFUSED'), 'back, 0 dropped']);
    expect(droppedLines()).toBe(0);
  });

  it.each([
    ['is full', 429, 'it answered 429'],
    ['is being restarted', 503, 'it answered 503'],
    ['knows no such key', 401, 'it wants another SEQ_API_KEY (401)'],
    ['is none', 404, 'SEQ_URL is not the address of a Seq (404)'],
    ['sends elsewhere', 302, 'SEQ_URL is not the address of a Seq (302)'],
    ['answers garbage', 'garbled', /Parse Error/],
  ] as const)('%s loses nothing that may wait, and says why once', async (_what, mood, why) => {
    seq = await startSeq();
    seq.setMood(mood);
    const { write, told, droppedLines } = stream(seq.url);
    for (const msg of numbered(20)) write(line(msg));
    await expect.poll(() => seq?.requests.length, PATIENT).toBeGreaterThanOrEqual(2);
    expect(told).toEqual([why instanceof RegExp ? expect.stringMatching(why) : why]);
    seq.setMood('well');
    await expect.poll(() => seq?.events.length, PATIENT).toBe(20);
    expect([messages(seq), droppedLines()]).toEqual([numbered(20), 0]);
  });

  it('cannot be sent the key that was set is told of once, and ends nothing', async () => {
    seq = await startSeq();
    const { write, flush, told } = stream(seq.url, {}, 'geheim€');
    write(line('kept'));
    await expect.poll(() => told, PATIENT).toEqual([expect.stringContaining('x-seq-apikey')]);
    expect([await flush(1_000), told.length, told.join().includes('geheim')]).toEqual([1, 1, false]);
  });

  it('accepts and never answers is given up each time, and gets all of it when it does', async () => {
    seq = await startSeq();
    seq.setMood('hanging');
    const { write, told, droppedLines } = stream(seq.url, { timeoutMs: 200 });
    for (const msg of numbered(20)) write(line(msg));
    await expect.poll(() => seq?.requests.length, PATIENT).toBeGreaterThanOrEqual(2);
    expect(told).toEqual(['it did not answer within 0.2 s']);
    seq.setMood('well');
    // A request that timed out may be sent again.
    await expect.poll(() => new Set(seq?.events.map((event) => event['@m'])).size, PATIENT).toBe(20);
    expect(droppedLines()).toBe(0);
  });

  it('is slower than the log holds no more than it may; the rest is counted, and the first lines are kept', async () => {
    seq = await startSeq();
    seq.setMood('hanging');
    const { write, told, droppedLines } = stream(seq.url, { held: 10_000, calmMs: 100 });
    const size = line('line 0000').length;
    write(line('line 0000'));
    await expect.poll(() => seq?.requests.length, PATIENT).toBe(1);
    for (let index = 1; index < 50_000; index++) write(line(`line ${String(index).padStart(4, '0')}`));
    expect(droppedLines()).toBeGreaterThan(50_000 - 10_000 / size - 1);
    expect(told).toEqual(['it takes lines slower than they come']);
    seq.setMood('well');
    await expect.poll(() => told.length, PATIENT).toBe(2);
    expect(told[1]).toBe(`back, ${droppedLines()} dropped`);
    expect(seq.events.length + droppedLines()).toBe(50_000);
    expect(messages(seq).slice(0, 2)).toEqual(['line 0000', 'line 0001']);
  });

  it('refuses some lines gets all the others, and those are counted', async () => {
    seq = await startSeq();
    seq.refuse((event) => /line (7|70|71)$/.test(event['@m']));
    const { write, told, droppedLines } = stream(seq.url);
    for (const msg of numbered(100)) write(line(msg));
    await expect.poll(() => seq?.events.length, PATIENT).toBe(97);
    expect(messages(seq)).toEqual(numbered(100).filter((msg) => !/line (7|70|71)$/.test(msg)));
    expect([droppedLines(), told]).toEqual([3, ['it refused a line with 400']]);
  });

  it('refuses large events gets them cut', async () => {
    seq = await startSeq();
    const { write, droppedLines } = stream(seq.url);
    write(line('before'));
    // Each of its characters has three bytes.
    write(line('an answer', { body: '€'.repeat(300_000) }));
    write(line('after'));
    await expect.poll(() => seq?.events.length, PATIENT).toBe(3);
    expect(messages(seq)).toEqual(['before', 'an answer', 'after']);
    expect(seq.events[1]).toMatchObject({ isPruned: true, lineLength: expect.any(Number) });
    expect([seq.complaints, droppedLines()]).toEqual([[], 0]);
  });
});

describe('at the end', () => {
  it('sends what waits at once', async () => {
    seq = await startSeq();
    const { write, flush } = stream(seq.url, { gatherMs: 3_600_000, batchLines: 10 });
    for (const msg of numbered(35)) write(line(msg));
    expect(await flush(10_000)).toBe(0);
    expect(messages(seq)).toEqual(numbered(35));
  });

  it('sends once what is written meanwhile, and what waited', async () => {
    seq = await startSeq();
    const { write, flush, droppedLines } = stream(seq.url, { gatherMs: 0, batchLines: 5 });
    for (const msg of numbered(100)) write(line(msg));
    // Each line causes another one while its batch is being sent.
    seq.refuse(({ '@m': msg }) => {
      if (msg.startsWith('line')) write(line(`on ${msg}`));
      return false;
    });
    expect(await flush(10_000)).toBe(0);
    const all = numbered(100).flatMap((msg) => [msg, `on ${msg}`]);
    expect([messages(seq).sort(), droppedLines()]).toEqual([all.sort(), 0]);
  });

  it.each(['hanging', 503] as const)('waits no longer than it may for one that is %s', async (mood) => {
    seq = await startSeq();
    seq.setMood(mood);
    const { write, flush } = stream(seq.url, { timeoutMs: 60_000 });
    for (const msg of numbered(5)) write(line(msg));
    const begun = performance.now();
    expect(await flush(200)).toBe(5);
    expect(performance.now() - begun).toBeLessThan(20_000);
  });
});

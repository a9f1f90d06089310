import fc from 'fast-check';
import { expect, it } from 'vitest';
import { createMetrics } from './metrics.ts';

const seriesOf = async ({ scrape }: ReturnType<typeof createMetrics>, name: string): Promise<string[]> =>
  (await scrape()).text.split('\n').filter((line) => line.startsWith(name));

it('makes "other" of whatever is not among the values of a label', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.string({ unit: 'binary' }), { maxLength: 60 }), async (values) => {
      const metrics = createMetrics();
      const counter = metrics.counter('x_total', 'X.', { kind: ['a', 'b'], job: { atMost: 3, of: 'jobs' } });
      const given = ['b', ...values];
      for (const value of given) counter.inc(1, { kind: value as 'a', job: value });
      const series = await seriesOf(metrics, 'x_total{');
      // Kinds: a, b and other; jobs: the first three and other.
      expect(series.length).toBeLessThanOrEqual(3 * 4);
      expect(series.reduce((sum, line) => sum + Number(line.split('} ').pop()), 0)).toBe(given.length);
    }),
    { numRuns: 15 },
  );
});

it('begins at 0 what has named values only, so that the first increase is seen', async () => {
  const metrics = createMetrics();
  metrics.counter('y_total', 'Y.', { kind: ['a', 'b'], ok: ['true', 'false'] });
  metrics.counter('z_total', 'Z.', { job: { atMost: 3, of: 'jobs' } });
  metrics.counter('plain_total', 'Plain.');
  expect(await seriesOf(metrics, 'y_total')).toHaveLength(4);
  expect(await seriesOf(metrics, 'z_total')).toEqual([]);
  expect(await seriesOf(metrics, 'plain_total')).toEqual(['plain_total 0']);
});

it('waits for what is read off at each scrape', async () => {
  const metrics = createMetrics();
  const gauge = metrics.gauge('g', 'G.');
  let scrapes = 0;
  metrics.onScrape(async () => {
    await Promise.resolve();
    gauge.set(++scrapes);
  });
  expect(await seriesOf(metrics, 'g ')).toEqual(['g 1']);
  expect(await seriesOf(metrics, 'g ')).toEqual(['g 2']);
});

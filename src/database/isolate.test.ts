import { expect, it } from 'vitest';
import { isolating } from './isolate.ts';

const refusal = (code: string) => Object.assign(new Error(code), { code });
const all = Array.from({ length: 100 }, (_, index) => index);

it('only what the database refuses is an offender, found by halves; results come in order', async () => {
  let runs = 0;
  const offenders: number[] = [];
  const results = await isolating<number, string>(
    all,
    async (some) => {
      runs++;
      if (some.includes(7) || some.includes(93)) throw refusal('22008');
      return some.map((item) => `done ${item}`);
    },
    (item) => {
      offenders.push(item);
      return `refused ${item}`;
    },
  );
  expect(results).toEqual(all.map((item) => ([7, 93].includes(item) ? `refused ${item}` : `done ${item}`)));
  expect(offenders).toEqual([7, 93]);
  expect(runs).toBeLessThan(2 * 2 * Math.ceil(Math.log2(all.length)));
});

it('what is none of the data is thrown at once, and nothing is tried again', async () => {
  for (const code of ['08006', '40P01', '57014', 'ECONNRESET']) {
    let runs = 0;
    const run = async (): Promise<never> => {
      runs++;
      throw refusal(code);
    };
    await expect(isolating(all, run, () => 'refused')).rejects.toMatchObject({ code });
    expect(runs).toBe(1);
  }
});

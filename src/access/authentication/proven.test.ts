import { describe, expect, it } from 'vitest';
import type { Verdict } from './proven.ts';
import { createProven } from './proven.ts';

const good = (endsAt: number | null): Verdict => ({
  proof: {
    caller: { kind: 'api_token', id: 'token:a', name: 'a', role: 'viewer', familyId: null, tokenPrefix: null },
    validUntil: null,
    apiTokenId: null,
    sessionId: null,
    sourceDigest: null,
  },
  endsAt,
});
const ended: Verdict = { failure: 'ended', message: '' };

/** A cache with a test clock, and a count of its lookups. */
const create = () => {
  let now = 0;
  let looks = 0;
  const proven = createProven(() => now);
  const get = (verdict: Verdict | Promise<Verdict>) =>
    proven.get('key', async () => {
      looks += 1;
      return verdict;
    });
  return { proven, get, pass: (ms: number) => (now += ms), looks: () => looks };
};

describe('what credentials were found to be worth', () => {
  it('is remembered for five seconds', async () => {
    const { get, pass, looks } = create();
    await Promise.all([get(good(null)), get(good(null))]);
    pass(4_999);
    await get(good(null));
    expect(looks()).toBe(1);
    pass(1);
    expect(await get(ended)).toBe(ended);
    expect(looks()).toBe(2);
  });

  it('is not remembered beyond the credential’s own end', async () => {
    const { get, pass } = create();
    await get(good(100));
    pass(100);
    expect(await get(ended)).toBe(ended);
  });

  it('is forgotten at a notice, also where the look had begun before it', async () => {
    const { proven, get } = create();
    let answer: (verdict: Verdict) => void = () => undefined;
    const begunBefore = get(
      new Promise<Verdict>((resolve) => {
        answer = resolve;
      }),
    );
    proven.forgetAll();
    answer(good(null));
    expect(await begunBefore).toHaveProperty('proof');
    expect(await get(ended)).toBe(ended);
  });

  it.each([['unknown'], ['unavailable'], ['forbidden']] as const)(
    'is not remembered when it was %s',
    async (failure) => {
      const { get } = create();
      await get({ failure, message: '' });
      expect(await get(good(null))).toHaveProperty('proof');
    },
  );

  it('is not remembered when the look failed', async () => {
    const { get } = create();
    await expect(get(Promise.reject(new Error('away')))).rejects.toThrow('away');
    expect(await get(good(null))).toHaveProperty('proof');
  });
});

import { describe, expect, it } from 'vitest';
import { lookUp, NotAnswered } from './look-up.rules.ts';

const NAMES = ['a', 'b', 'c', 'd', 'e'];
const options = { atATime: 2, isWanted: () => true };

describe('lookUp', () => {
  it('asks for each once, so many at a time', async () => {
    let underWay = 0;
    let most = 0;
    const find = async (name: string) => {
      most = Math.max(most, ++underWay);
      await Promise.resolve();
      underWay -= 1;
      return name.toUpperCase();
    };
    const { found, problem } = await lookUp(NAMES, { ...options, find });
    expect(Object.fromEntries(found)).toEqual({ a: 'A', b: 'B', c: 'C', d: 'D', e: 'E' });
    expect([most, problem]).toEqual([2, undefined]);
  });

  it('keeps no answer for what was not answered, and leaves the others for the next time', async () => {
    const asked: string[] = [];
    const find = async (name: string) => {
      asked.push(name);
      if (name === 'b') throw new NotAnswered('The server cannot be reached.');
      return name;
    };
    const { found, problem } = await lookUp(NAMES, { ...options, atATime: 1, find });
    expect([...found.keys()]).toEqual(['a']);
    expect(problem).toBe('The server cannot be reached.');
    expect(asked).toEqual(['a', 'b']);
  });

  it('ends early when nobody waits for it any more', async () => {
    const { found } = await lookUp(NAMES, { ...options, isWanted: () => false, find: async (name) => name });
    expect(found.size).toBe(0);
  });
});

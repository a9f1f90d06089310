import { describe, expect, it } from 'vitest';
import { allOf, isIn, NOTHING, type Selection, sizeOf, toggled, upTo } from './selection.rules.ts';

const SHOWN = ['a', 'b', 'c', 'd'];
const idsOf = (selection: Selection): string[] => (selection.kind === 'some' ? [...selection.ids].sort() : ['*']);

describe('the selection', () => {
  it('takes one and gives it up again', () => {
    const one = toggled(NOTHING, 'b', SHOWN);
    expect(idsOf(one)).toEqual(['b']);
    expect(idsOf(toggled(one, 'b', SHOWN))).toEqual([]);
  });

  it('goes from the one chosen last to this one, upwards too', () => {
    expect(idsOf(upTo(toggled(NOTHING, 'd', SHOWN), 'b', SHOWN))).toEqual(['b', 'c', 'd']);
    expect(idsOf(upTo(NOTHING, 'b', SHOWN))).toEqual(['b']);
  });

  it('begins anew when the one chosen last is no longer shown', () => {
    expect(idsOf(upTo(toggled(NOTHING, 'z', SHOWN), 'b', SHOWN))).toEqual(['b', 'z']);
  });

  it('is all of the filter until one is given up, and then what is shown without it', () => {
    const all: Selection = { kind: 'filter' };
    expect(isIn(all, 'whichever')).toBe(true);
    expect(sizeOf(all, 1_200_000)).toBe(1_200_000);
    expect(idsOf(toggled(all, 'b', SHOWN))).toEqual(['a', 'c', 'd']);
    expect(upTo(all, 'b', SHOWN)).toBe(all);
  });

  it('counts what it holds', () => {
    expect(sizeOf(allOf(SHOWN), undefined)).toBe(4);
    expect(sizeOf({ kind: 'filter' }, undefined)).toBeUndefined();
  });
});

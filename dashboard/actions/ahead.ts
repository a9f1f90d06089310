/** The common end times that are offered wherever something is paused or silenced. */
import type { ActionField } from './action.ts';

export const AHEAD: NonNullable<ActionField['ahead']> = [
  ['1 h', 60],
  ['4 h', 240],
  ['1 day', 1_440],
  ['1 week', 10_080],
];

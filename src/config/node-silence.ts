import type { Config } from './config.ts';

/** A node that has missed so many beats counts as gone. */
export const MISSED_BEATS = 3;

/** After so many milliseconds without a beat a node counts as gone. */
export const nodeSilenceMs = ({ HEARTBEAT_INTERVAL }: Pick<Config, 'HEARTBEAT_INTERVAL'>): number =>
  MISSED_BEATS * HEARTBEAT_INTERVAL;

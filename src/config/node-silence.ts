/** When a node counts as gone. */
import type { Config } from './config.ts';

/** A node that missed this many heartbeats is gone. */
const MISSED_BEATS = 3;

/** A node that has been silent for this long is gone; in milliseconds. */
export const nodeSilenceMs = ({ HEARTBEAT_INTERVAL }: Pick<Config, 'HEARTBEAT_INTERVAL'>): number =>
  MISSED_BEATS * HEARTBEAT_INTERVAL;

/** SQL for a row of server_nodes: whether its last heartbeat is at most as old as the parameter, in milliseconds. */
export const isHeard = (parameter: string): string => `last_beat_at >= now() - ${parameter} * interval '1 millisecond'`;

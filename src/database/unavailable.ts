/**
 * A database that is reachable but temporarily cannot run a statement: the messages for callers and the
 * log. A retry may succeed.
 */
import { StatementTimeout } from './pool.ts';
import { isConnectionFailure, sqlStateOf } from './violations.ts';

const REASONS: Readonly<Record<string, string>> = {
  '25006':
    'The database is read-only, so nothing can be stored. Make it writable, or point DATABASE_URL at the primary if this is a standby; then try again.',
  '53100': 'The database’s disk is full. Nothing can be stored until there is room on it; then try again.',
  '53200': 'The database has run out of memory. Try again in a moment.',
  '53300': 'The database has no connection left. Try again in a moment.',
};
const COLLIDED = 'Others changed the same rows at the same moment. Nothing was changed; try again.';
const HELD = 'Something in the database holds what this would change. Nothing was changed; try again in a moment.';
const SLOW = 'The database is too slow at the moment. Nothing was changed; try again in a moment.';

/** The reason and the remedy in a sentence; undefined for every other error, including an unreachable database. */
export function unavailability(error: unknown): string | undefined {
  const sqlState = sqlStateOf(error) ?? '';
  if (sqlState.startsWith('53'))
    return REASONS[sqlState] ?? 'The database has reached a limit of its own. Try again in a moment.';
  if (sqlState === '55P03') return HELD;
  if (sqlState === '40001' || sqlState === '40P01') return COLLIDED;
  if (error instanceof StatementTimeout && error.purpose === 'work' && error.code === '57014') return SLOW;
  return REASONS[sqlState];
}

/** Whether the database is unreachable, or temporarily cannot run the statement. */
export const isUnavailable = (error: unknown): boolean =>
  isConnectionFailure(error) || unavailability(error) !== undefined;

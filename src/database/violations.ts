/**
 * Invariants are constraints with names in the database; this turns the error of a violated one into values
 * that code can check. An error comes from pg itself or, from Prisma’s client, wrapped once or twice with
 * the original in different fields; both are handled here.
 */

export interface Violation {
  readonly code: 'unique' | 'foreign_key' | 'check' | 'not_null' | 'other';
  /** The name of the constraint or unique index; undefined for NOT NULL, which has none. */
  readonly constraint: string | undefined;
  readonly sqlState: string;
}

const CODES: Readonly<Record<string, Violation['code']>> = {
  '23502': 'not_null',
  '23503': 'foreign_key',
  '23505': 'unique',
  '23514': 'check',
};

// Class 08, 57P01 admin_shutdown, 57P02 crash_shutdown, 57P03 cannot_connect_now, and 25P03: the server ended a
// transaction that was idle for too long, because this process was halted.
const CONNECTION_STATES = /^(08...|57P0[123]|25P03)$/;
/** The code of the error when none of several hosts accepts writes. */
export const NO_PRIMARY = 'NO_PRIMARY';
const SOCKET_ERRORS = new Set([
  NO_PRIMARY,
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
]);
// pg and pg-pool throw these without a code.
const CONNECTION_MESSAGES =
  /^(Connection terminated|Client has encountered a connection error|timeout exceeded when trying to connect|timeout expired|Client was closed)/i;
// Prisma: cannot reach the server, timed out, connection closed, timed out waiting for the pool.
const PRISMA_CONNECTION_CODES = new Set(['P1001', 'P1002', 'P1008', 'P1017', 'P2024']);

/** The violated constraint (SQLSTATE class 23) behind an error; undefined for any other error. */
export function violation(error: unknown): Violation | undefined {
  for (const layer of layers(error)) {
    const sqlState = text(layer.code) ?? text(layer.originalCode);
    if (sqlState === undefined || !/^23...$/.test(sqlState)) continue;
    return {
      code: CODES[sqlState] ?? 'other',
      constraint: constraintName(layer),
      sqlState,
    };
  }
  return undefined;
}

/** Whether the database was unreachable or the connection broke: the statement may or may not have taken effect. */
export function isConnectionFailure(error: unknown): boolean {
  for (const layer of layers(error)) {
    const code = text(layer.code) ?? text(layer.originalCode) ?? '';
    if (CONNECTION_STATES.test(code) || SOCKET_ERRORS.has(code) || PRISMA_CONNECTION_CODES.has(code)) return true;
    // A missing socket file gives ENOENT, as any missing file does.
    if (layer.syscall === 'connect') return true;
    if (CONNECTION_MESSAGES.test(text(layer.message) ?? '')) return true;
  }
  return false;
}

/** Whether the server refused to write: it is a standby, or an operator set it to read-only. */
export function isReadOnly(error: unknown): boolean {
  return sqlStateOf(error) === '25006';
}

/** The SQLSTATE of an error, for example `22P02`; undefined when it is not from PostgreSQL. */
export function sqlStateOf(error: unknown): string | undefined {
  for (const layer of layers(error)) {
    const code = text(layer.originalCode) ?? text(layer.code);
    if (code !== undefined && /^[0-9A-Z]{5}$/.test(code) && !code.startsWith('P')) return code;
  }
  return undefined;
}

type Layer = Readonly<Record<string, unknown>>;

/** The error and its causes, outermost first; all parts of an AggregateError (dual-stack connects) are included. */
function* layers(error: unknown, depth = 0): Generator<Layer> {
  if (typeof error !== 'object' || error === null || depth > 6) return;
  const layer = error as Layer;
  yield layer;
  yield* layers(layer.cause, depth + 1);
  const meta = layer.meta as Layer | undefined;
  yield* layers(meta?.driverAdapterError, depth + 1);
  if (layer instanceof AggregateError) {
    for (const part of layer.errors) yield* layers(part, depth + 1);
  }
}

/**
 * pg has a field for the name; Prisma’s adapter keeps only the message and the columns, so it is parsed
 * from the message.
 */
function constraintName(layer: Layer): string | undefined {
  const named = text(layer.constraint);
  if (named !== undefined) return named;
  const index = (layer.constraint as Layer | undefined)?.index;
  if (typeof index === 'string') return index;
  return /constraint "([^"]+)"/.exec(text(layer.originalMessage) ?? '')?.[1];
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

/**
 * When the circuit opens, closes and probes: decisions over its row, without a database. An outage must not use up
 * retries, and a wrong token must not make every entry call the provider endlessly.
 */
import type { CircuitState } from '../database/generated/prisma/enums.ts';
import type { FailureClass } from '../diagnosis/failures.ts';

const LONGEST_PROBE_INTERVAL_MS = 5 * 60_000;

export interface CircuitRow {
  readonly state: CircuitState;
  readonly cause: string | null;
  readonly reason: string | null;
  readonly openedBy: string | null;
  readonly openedAt: Date | null;
  readonly nextProbeAt: Date | null;
  readonly failedProbes: number;
  readonly failingEntryIds: readonly string[];
  readonly probeToken: string | null;
  readonly probeExpiresAt: Date | null;
}

/** What the result of one entry's attempt means for the provider's circuit. */
export interface CircuitResult {
  readonly entryId: string;
  /**
   * `answered`: the provider works, whether or not it accepted this entry. `not_asked`: the entry was refused before
   * the provider was called, which says nothing about the provider. `configuration`: a check confirmed a
   * configuration error. `alone`: it looked like a configuration error, but a check found no problem.
   */
  readonly kind: 'answered' | 'not_asked' | 'alone' | Exclude<FailureClass, 'permanent'>;
  readonly code?: string;
  /** Why, for all callers: every entry shows it, so it must not contain details of a single entry. */
  readonly reason?: string | null;
  /** Set when the attempt was the probe that holds this token. */
  readonly probeToken?: string;
}

export interface CircuitLimits {
  readonly failureThreshold: number;
  readonly probeIntervalMs: number;
}

export const CLOSED: CircuitRow = {
  state: 'closed',
  cause: null,
  reason: null,
  openedBy: null,
  openedAt: null,
  nextProbeAt: null,
  failedProbes: 0,
  failingEntryIds: [],
  probeToken: null,
  probeExpiresAt: null,
};

/**
 * The circuit after one result. When closed, a configuration error that a check confirmed opens it at once, and so
 * do other failures of enough different entries without a success between them. When not closed, only the probe's
 * own result counts; all others are ignored.
 */
export function afterResult(circuit: CircuitRow, result: CircuitResult, now: Date, limits: CircuitLimits): CircuitRow {
  if (circuit.state !== 'closed') {
    const isProbe = circuit.probeToken !== null && circuit.probeToken === result.probeToken;
    return isProbe ? afterProbe(circuit, result, now, limits) : circuit;
  }
  if (result.kind === 'not_asked') return circuit;
  if (result.kind === 'answered')
    return circuit.failingEntryIds.length === 0 ? circuit : { ...circuit, failingEntryIds: [] };
  const failingEntryIds = [...new Set([...circuit.failingEntryIds, result.entryId])];
  if (result.kind !== 'configuration' && failingEntryIds.length < limits.failureThreshold) {
    return { ...circuit, failingEntryIds };
  }
  return {
    ...CLOSED,
    state: 'open',
    cause: result.code ?? null,
    reason: result.reason ?? null,
    // Kept when entries opened it rather than a check.
    failingEntryIds: result.kind === 'configuration' ? [] : failingEntryIds,
    openedAt: now,
    nextProbeAt: new Date(now.getTime() + limits.probeIntervalMs),
  };
}

function afterProbe(circuit: CircuitRow, result: CircuitResult, now: Date, limits: CircuitLimits): CircuitRow {
  // The check overrules what one entry met, unless several entries met the same error, which no check detects.
  const isSeenByEntriesOnly = circuit.failingEntryIds.length > 0 && circuit.cause === result.code;
  if (result.kind === 'answered' || (result.kind === 'alone' && !isSeenByEntriesOnly)) return CLOSED;
  if (result.kind === 'not_asked')
    return { ...circuit, state: 'open', nextProbeAt: now, probeToken: null, probeExpiresAt: null };
  const failedProbes = circuit.failedProbes + 1;
  const interval = Math.min(
    limits.probeIntervalMs * 2 ** Math.min(failedProbes, 20),
    Math.max(LONGEST_PROBE_INTERVAL_MS, limits.probeIntervalMs),
  );
  return {
    ...circuit,
    state: 'open',
    cause: result.code ?? circuit.cause,
    reason: result.reason ?? circuit.reason,
    failedProbes,
    nextProbeAt: new Date(now.getTime() + interval),
    probeToken: null,
    probeExpiresAt: null,
  };
}

/** How many attempts a node may start at the same time right after the circuit closed. */
const SLOW_START_FIRST = 2;

/**
 * How many attempts a node may have in progress this many milliseconds after the circuit closed: two in the first
 * second, then twice as many each second, up to its concurrency (32 after 4 s). This protects a provider that has
 * just recovered from all waiting entries at once.
 */
export function slowStart(concurrency: number, sinceClosedMs: number): number {
  const seconds = Math.max(0, Math.floor(sinceClosedMs / 1_000));
  return Math.min(concurrency, SLOW_START_FIRST * 2 ** Math.min(seconds, 30));
}

/** Opens the circuit for an operator: probed from `until` on, or never when it is null. */
export function openedByHand(
  circuit: CircuitRow,
  by: string,
  reason: string,
  until: Date | null,
  now: Date,
): CircuitRow {
  return { ...CLOSED, state: 'open', reason, openedBy: by, openedAt: circuit.openedAt ?? now, nextProbeAt: until };
}

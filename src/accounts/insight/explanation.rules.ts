/**
 * Explains why an entry makes no progress: what blocks it, what an operator can do about each blocker, and when
 * something next changes automatically. A property test compares it with the actual claim statement.
 */
import type { Cure } from '../../diagnosis/cure.ts';
import { definitionOf } from '../../diagnosis/failures.ts';
import { MAX_RETRIES } from '../entry.rules.ts';
import {
  type Blocker,
  type ExplainedEntry,
  type Explanation,
  isUsable,
  type QueueConditions,
  retryCure,
} from './explained.rules.ts';
import { explainPending, later } from './explanation-waiting.rules.ts';

/** Explains an entry. No `at` or `nextChangeAt` that it returns is in the past. */
export function explain(entry: ExplainedEntry, conditions: QueueConditions): Explanation {
  switch (entry.status) {
    case 'completed':
      return { summary: 'The account exists.', blockers: [], nextChangeAt: null };
    case 'cancelled':
      return {
        summary: `Cancelled. A retry reverts that${isUsable(entry) ? '' : ', with a new password'}.`,
        blockers: entry.hasPassword ? [] : [passwordDestroyed(entry)],
        nextChangeAt: null,
      };
    case 'failed':
      return explainFailed(entry);
    case 'processing':
      return explainProcessing(entry, conditions.now);
    case 'pending':
      return explainPending(entry, conditions);
  }
}

function explainFailed(entry: ExplainedEntry): Explanation {
  const code = entry.lastErrorCode ?? 'UNKNOWN';
  const why = entry.lastErrorMessage ?? 'The reason is not known.';
  const definition = definitionOf(code);
  const cure: Cure | null =
    definition?.bulk === 'CANCEL'
      ? { label: 'Cancel it', mutation: 'cancelEntry', input: { entryId: entry.id } }
      : retryCure(entry, !isUsable(entry) || definition?.needsNewPassword === true);
  const isUsedUp = entry.lastOutcome !== 'permanent_failure' && entry.retryCount >= MAX_RETRIES;
  const main: Blocker = isUsedUp
    ? { kind: 'RetriesUsedUp', code, message: `All retries failed. The last error: ${why}`, cure }
    : { kind: 'PermanentError', code, message: why, cure };
  return {
    summary: isUsedUp ? 'Failed: all retries are used up.' : 'Failed with a permanent error.',
    blockers: entry.hasPassword ? [main] : [main, passwordDestroyed(entry)],
    nextChangeAt: null,
  };
}

const passwordDestroyed = (entry: ExplainedEntry): Blocker => ({
  kind: 'PasswordDestroyed',
  message: 'The password was destroyed after its retention. A retry needs a new one.',
  cure: retryCure(entry, true),
});

function explainProcessing(entry: ExplainedEntry, now: Date): Explanation {
  const node = entry.leaseNodeName;
  const until = later(entry.leaseExpiresAt, now);
  const message =
    until === null
      ? `${node ?? 'The node that attempted it'} stopped, and its lease has expired: another node takes over in a few seconds.`
      : `${node ?? 'An unknown node'} is attempting it. If that node stops, another takes over when the lease ends.`;
  return {
    summary: until === null ? 'Waiting for another node to take over.' : 'Being attempted.',
    blockers: [{ kind: 'LeasedBy', at: until, subject: node, message, cure: null }],
    nextChangeAt: until,
  };
}

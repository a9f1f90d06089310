/** The retry by hand that helps an entry, and whether it needs a new password. */

import type { Cure } from '../../work/explanation.ts';
import { retryProblem } from '../entry.rules.ts';
import type { ExplainedEntry } from './explained.rules.ts';

/** Whether an attempt could use its password. */
export const isUsable = ({ hasPassword, isSealed }: ExplainedEntry): boolean => hasPassword && isSealed;

/** A retry by hand; null where it would be refused: the family is gone. */
export function retryCure({ id, familyId }: ExplainedEntry, needsPassword: boolean): Cure | null {
  const problem = retryProblem(
    { status: 'failed', hasPassword: true, isSealed: true, hasFamily: familyId !== null },
    needsPassword,
  );
  if (problem !== undefined) return null;
  return needsPassword
    ? { label: 'Retry with a new password', mutation: 'retryEntry', input: { entryId: id, password: null } }
    : { label: 'Retry', mutation: 'retryEntry', input: { entryId: id } };
}

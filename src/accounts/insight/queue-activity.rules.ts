/** Time spans of the queue's activity: which are allowed, and how one is divided into buckets. */
import { type InputIssue, InvalidInputError } from '../../refusals.ts';

const DAY_MS = 86_400_000;
const LONGEST_DAYS = 400;
export const MOST_BUCKETS = 500;
export const DEFAULT_BUCKETS = 60;

/** A span [from, to), divided into buckets of whole milliseconds; the last bucket ends with the span. */
export interface ActivitySpan {
  readonly from: Date;
  readonly to: Date;
  readonly bucketMs: number;
}

/**
 * Divides [from, to) into this many buckets of the same length, or fewer if whole milliseconds do not allow it.
 * Throws InvalidInputError with every problem.
 */
export function spanOf(from: Date, to: Date, buckets: number): ActivitySpan {
  const lengthMs = to.getTime() - from.getTime();
  const issues: InputIssue[] = [];
  if (lengthMs <= 0) issues.push({ path: ['to'], code: 'NOT_AFTER_FROM', message: 'must be after `from`.' });
  if (lengthMs > LONGEST_DAYS * DAY_MS)
    issues.push({
      path: ['to'],
      code: 'TOO_LONG',
      message: `is at most ${LONGEST_DAYS} days after \`from\`; request a shorter span.`,
    });
  if (buckets < 1 || buckets > MOST_BUCKETS)
    issues.push({ path: ['buckets'], code: 'OUT_OF_RANGE', message: `is 1 to ${MOST_BUCKETS}.` });
  if (issues.length > 0) throw new InvalidInputError(issues);
  return { from, to, bucketMs: Math.ceil(lengthMs / buckets) };
}

/** When each bucket begins. */
export function bucketStarts({ from, to, bucketMs }: ActivitySpan): Date[] {
  const count = Math.ceil((to.getTime() - from.getTime()) / bucketMs);
  return Array.from({ length: count }, (_, place) => new Date(from.getTime() + place * bucketMs));
}

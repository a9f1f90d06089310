/** Groups the changes from the live stream: a flood of changes becomes one batch of any size. */
import { counted } from '../ui/words.ts';

export type Subject = 'QUEUED_CREATION' | 'JOB_RUN' | 'SCHEDULE' | 'CIRCUIT' | 'BULK_ACTION' | 'ALERT';

export interface Told {
  readonly subject: Subject;
  readonly kind: 'CREATED' | 'UPDATED' | 'REMOVED';
  /** The object's id; the job's name for a schedule, empty for the circuit. */
  readonly key: string;
}

interface SubjectBatch {
  /** All changed objects, including new ones. */
  readonly keys: ReadonlySet<string>;
  /** The new objects. */
  readonly created: ReadonlySet<string>;
}

export type Batch = Partial<Record<Subject, SubjectBatch>>;

/** Groups changes by subject. */
export function gather(told: readonly Told[]): Batch {
  const batch: Partial<Record<Subject, { keys: Set<string>; created: Set<string> }>> = {};
  for (const { subject, kind, key } of told) {
    batch[subject] ??= { keys: new Set(), created: new Set() };
    const found = batch[subject];
    found.keys.add(key);
    if (kind === 'CREATED') found.created.add(key);
  }
  return batch;
}

const WORDS: Readonly<Record<Subject, readonly [one: string, many: string]>> = {
  QUEUED_CREATION: ['entry', 'entries'],
  JOB_RUN: ['run', 'runs'],
  SCHEDULE: ['schedule', 'schedules'],
  CIRCUIT: ['change of the circuit', 'changes of the circuit'],
  BULK_ACTION: ['bulk action', 'bulk actions'],
  ALERT: ['alert', 'alerts'],
};

/** "3 entries and 1 alert", for the changes missed while disconnected; empty when there were none. */
export function summarise(batch: Batch): string {
  const parts = (Object.keys(WORDS) as Subject[]).flatMap((subject) => {
    const size = batch[subject]?.keys.size ?? 0;
    return size === 0 ? [] : [counted(size, ...WORDS[subject])];
  });
  return parts.length < 2 ? (parts[0] ?? '') : `${parts.slice(0, -1).join(', ')} and ${parts.at(-1)}`;
}

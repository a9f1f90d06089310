/** `fireLedgerAudit` in the API: is the ledger whole? */
import { builder } from '../../graphql/builder.ts';
import type { MiscountedGap } from './ledger-audit.rules.ts';
import { auditLedger, type FireLedgerAudit } from './ledger-audit.ts';

const LISTED = 'The oldest first, at most 100.';

const Miscounted = builder.objectRef<MiscountedGap>('MiscountedGap').implement({
  description: 'A gap in the ledger whose count is not the number of its instants.',
  fields: (t) => ({
    firstAt: t.field({
      type: 'DateTime',
      description: 'Its first instant.',
      resolve: ({ firedAt }) => new Date(firedAt),
    }),
    lastAt: t.field({
      type: 'DateTime',
      description: 'Its last instant.',
      resolve: ({ throughAt }) => new Date(throughAt),
    }),
    recordedCount: t.count('count', 'The count that is stored.'),
    dueCount: t.count('dueCount', 'How many instants were due from its first to its last.'),
  }),
});
const Audit = builder.objectRef<FireLedgerAudit>('FireLedgerAudit').implement({
  description:
    'What was due by the schedule’s versions, computed anew, beside what the ledger holds. It speaks only of what could be checked: settled instants, of which the schedule’s version is on record and fires are still kept.',
  fields: (t) => ({
    isComplete: t.boolean({
      description:
        'True if nothing wrong was found in what was checked: each instant has exactly one outcome and nothing else is recorded. It says nothing where nothing could be checked (`checkedFromAt` is null) or of what `notes` name.',
      resolve: ({ missingCount, extraCount, miscountedCount }) => missingCount + extraCount + miscountedCount === 0,
    }),
    checkedFromAt: t.atOrNull(
      'checkedFrom',
      'From when on the span was checked, itself included; null when nothing of it could be.',
    ),
    checkedToAt: t.atOrNull('checkedTo', 'Before when the span was checked; null when nothing of it could be.'),
    notes: t.stringList({
      description: 'What of the span was not checked, and why; empty when all was.',
      resolve: ({ notes }) => [...notes],
    }),
    dueCount: t.count('dueCount', 'How many instants were due.'),
    recordedCount: t.count(
      'recordedCount',
      'How many the ledger holds: those due, without the missing, with the extra.',
    ),
    missing: t.field({
      type: ['DateTime'],
      description: `Instants that were due and have no outcome. ${LISTED}`,
      resolve: ({ missing }) => missing.map((at) => new Date(at)),
    }),
    missingCount: t.count('missingCount', 'How many instants are missing, listed or not.'),
    extra: t.field({
      type: ['DateTime'],
      description: `Instants that are recorded though they were not due, or a second time. ${LISTED}`,
      resolve: ({ extra }) => extra.map((at) => new Date(at)),
    }),
    extraCount: t.count('extraCount', 'How many records are extra, listed or not.'),
    miscounted: t.field({
      type: [Miscounted],
      description: `Gaps whose stored count is wrong. ${LISTED}`,
      resolve: ({ miscounted }) => [...miscounted],
    }),
    miscountedCount: t.count('miscountedCount', 'How many gaps are miscounted, listed or not.'),
  }),
});
builder.queryField('fireLedgerAudit', (t) =>
  t.field({
    // Up to a second of work: a few in one request, not sixty.
    complexity: 2_000,
    type: Audit,
    nullable: true,
    description:
      'Holds a job’s ledger against what was due in [from, to), at most 400 days and 3,000,000 instants at once.',
    args: {
      jobName: t.arg.string({ required: true, description: 'Of which job.' }),
      from: t.arg({ type: 'DateTime', required: true, description: 'From this instant on, itself included.' }),
      to: t.arg({ type: 'DateTime', required: true, description: 'Before this instant.' }),
    },
    resolve: (_root, { jobName, from, to }, { reading, config }) =>
      auditLedger(reading, { jobName, from, to, retentionMs: config.RUN_RETENTION }),
  }),
);

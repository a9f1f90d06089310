/** `fireLedgerAudit` in the API: is the ledger complete? */
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
    'What was due, recomputed from the versions of the schedule, compared with the ledger. It covers only what can be checked: instants that have an outcome, whose schedule version is known and whose fires are still stored.',
  fields: (t) => ({
    isComplete: t.boolean({
      description:
        'True if the checked part is correct: each due instant has exactly one outcome, and there are no others. It says nothing about unchecked parts: see `checkedFromAt` and `notes`.',
      resolve: ({ missingCount, extraCount, miscountedCount }) => missingCount + extraCount + miscountedCount === 0,
    }),
    checkedFromAt: t.atOrNull(
      'checkedFrom',
      'The beginning of the checked span, inclusive; null when nothing could be checked.',
    ),
    checkedToAt: t.atOrNull('checkedTo', 'The end of the checked span, exclusive; null when nothing could be checked.'),
    notes: t.list('notes', 'String', 'Which parts of the span were not checked, and why; empty when all were.'),
    dueCount: t.count('dueCount', 'How many instants were due.'),
    recordedCount: t.count(
      'recordedCount',
      'How many instants the ledger has: the due ones, minus the missing, plus the extra ones.',
    ),
    missing: t.field({
      type: ['DateTime'],
      description: `Instants that were due and have no outcome. ${LISTED}`,
      resolve: ({ missing }) => missing.map((at) => new Date(at)),
    }),
    missingCount: t.count('missingCount', 'How many instants are missing, including those that are not listed.'),
    extra: t.field({
      type: ['DateTime'],
      description: `Instants in the ledger that were not due, or that are there twice. ${LISTED}`,
      resolve: ({ extra }) => extra.map((at) => new Date(at)),
    }),
    extraCount: t.count('extraCount', 'How many instants are extra, including those that are not listed.'),
    miscounted: t.list('miscounted', Miscounted, `Gaps whose stored count is wrong. ${LISTED}`),
    miscountedCount: t.count(
      'miscountedCount',
      'How many gaps have a wrong count, including those that are not listed.',
    ),
  }),
});
builder.queryField('fireLedgerAudit', (t) =>
  t.field({
    // Up to a second of work: a request may have a few, not sixty.
    complexity: 3_500,
    type: Audit,
    nullable: true,
    description:
      'Recomputes what was due in [from, to) and compares it with the job’s ledger; at most 400 days and 3,000,000 instants.',
    args: {
      jobName: t.arg.string({ required: true, description: 'The name of the job.' }),
      from: t.arg({ type: 'DateTime', required: true, description: 'From this instant on, inclusive.' }),
      to: t.arg({ type: 'DateTime', required: true, description: 'Before this instant.' }),
    },
    resolve: (_root, { jobName, from, to }, { reading, config }) =>
      auditLedger(reading, { jobName, from, to, retentionMs: config.HISTORY_RETENTION }),
  }),
);

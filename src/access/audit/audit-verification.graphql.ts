/** Proving the audit trail in the API: `verifyAuditTrail`, and the anchors that it takes. */
import { builder } from '../../graphql/builder.ts';
import { badInput } from '../../graphql/scalars.ts';
import type { PresentAnchor } from './audit.ts';
import type { AuditVerification } from './verify.ts';

/** Some 25 µs for each row that is checked: a few in one request, not sixty. */
const DEAR = 3_000;

const INTACT =
  'True if every row that was looked at is as it was signed, and stands where it was chained. So no such row was changed, inserted, copied, moved or exchanged by anybody without the audit key, whatever they can write to the database, and none was deleted from between others. False too where an audit key is missing or was taken away.';
const NOT_PROVED =
  'Not proved without an anchor from elsewhere: that nothing was cut off the end of the trail, that no rows were deleted and all behind them chained anew, and that the database was not emptied or put back to an earlier state as a whole. Never proved: that a row was not deleted in the second before it was chained.';

const Verification = builder.objectRef<AuditVerification>('AuditVerification').implement({
  description: `What verifying the audit trail found. ${NOT_PROVED}`,
  fields: (t) => ({
    isIntact: t.flag('isIntact', INTACT),
    checkedCount: t.count(
      'checkedCount',
      'How many chained rows were looked at, up to the first that is wrong; of a span, with a neighbour on either side.',
    ),
    uncheckedCount: t.count(
      'uncheckedCount',
      'How many rows are not chained yet. Each was found to be as it was signed; that others beside them were deleted cannot be seen.',
    ),
    firstBrokenSequence: t.countOrNull(
      'firstBrokenSequence',
      'The first row that does not fit; null when all do, or when the row itself is gone.',
    ),
    problem: t.textOrNull('problem', 'What is wrong, in words; null when nothing is.'),
    anchorCount: t.count(
      'anchorCount',
      'How many anchors the chain was held against: the given one, and what this node saw last.',
    ),
    headLink: t.count('headLink', 'The place at the end of the chain; 0 when nothing is chained.'),
  }),
});
const Anchor = builder.objectRef<PresentAnchor>('AuditAnchor').implement({
  description:
    'The state of the chain at one place, signed. Kept where nobody who writes to the database can change it, it proves later, given to `verifyAuditTrail`, that the trail still has everything up to there. One is logged every day.',
  fields: (t) => ({
    anchor: t.text('anchor', 'The line to keep.'),
    link: t.count('link', 'The place that it speaks of: the end of the chain.'),
    signedAt: t.at('at', 'When it was signed.'),
  }),
});
builder.queryFields((t) => ({
  verifyAuditTrail: t.field({
    complexity: DEAR,
    type: Verification,
    nullable: true,
    description: `Computes every code of the audit trail anew, about 40,000 rows a second. ${NOT_PROVED}`,
    args: {
      from: t.arg({
        type: 'DateTime',
        description: 'From this instant on, itself included; left out: from the beginning.',
      }),
      to: t.arg({ type: 'DateTime', description: 'Before this instant; left out: to the end.' }),
      anchor: t.arg.string({
        description:
          'A line as `auditAnchor` answered it, as it was logged, or from an export. One that was signed under a key which is not there any more makes the trail a broken one.',
      }),
    },
    resolve(_root, { from = null, to = null, anchor = null }, { audit }) {
      if (from && to && from >= to) throw badInput('`from` must be before `to`.');
      return audit.verify({ from, to }, anchor);
    },
  }),
  auditAnchor: t.field({
    type: Anchor,
    nullable: true,
    description: 'The anchor of the audit trail as it stands.',
    resolve: (_root, _args, { audit }) => audit.anchor(),
  }),
}));

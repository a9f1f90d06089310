/** The query `verifyAuditTrail`. */
import { builder } from '../../graphql/builder.ts';
import { badInput } from '../../graphql/scalars.ts';
import type { AuditVerification } from './verify.ts';

/** Verification takes about 25 µs per row: this complexity allows a few in one request, but not sixty. */
const EXPENSIVE = 5_000;

const INTACT =
  'True if every row that was checked is as it was signed, and stands where it was chained. So no one without the audit key changed, inserted, copied, moved or exchanged such a row, whatever they can write to the database, and none was deleted from between others. False also where an audit key is missing or was taken away.';
const NOT_PROVED =
  'Not proved without an anchor from elsewhere: that the end of the trail was not deleted, that no rows were deleted and all after them chained again, and that the database as a whole was not emptied or restored to an earlier state. Never proved: that a row was not deleted in the second before it was chained.';

const Verification = builder.objectRef<AuditVerification>('AuditVerification').implement({
  description: `The result of verifying the audit trail. ${NOT_PROVED}`,
  fields: (t) => ({
    isIntact: t.flag('isIntact', INTACT),
    checkedCount: t.count(
      'checkedCount',
      'How many chained rows were checked, up to the first that is wrong; of a span, with a neighbour on either side.',
    ),
    uncheckedCount: t.count(
      'uncheckedCount',
      'How many rows are not chained yet. Each is as it was signed; whether others beside them were deleted cannot be known.',
    ),
    firstBrokenSequence: t.countOrNull(
      'firstBrokenSequence',
      'The first row that does not fit; null when all do, or when the row itself is gone.',
    ),
    problem: t.textOrNull('problem', 'What is wrong, in words; null when nothing is.'),
    headLink: t.count('headLink', 'The place at the end of the chain; 0 when nothing is chained.'),
  }),
});
builder.queryField('verifyAuditTrail', (t) =>
  t.field({
    complexity: EXPENSIVE,
    type: Verification,
    nullable: true,
    description: `Computes every code of the audit trail again, about 40,000 rows a second. ${NOT_PROVED}`,
    args: {
      from: t.arg({ type: 'DateTime', description: 'From this instant on, inclusive; left out: from the beginning.' }),
      to: t.arg({ type: 'DateTime', description: 'Before this instant; left out: to the end.' }),
      anchor: t.arg.string({
        description:
          'An anchor, as it was logged or exported. If it was signed under a key that the key ring no longer holds, the trail is broken.',
      }),
    },
    resolve(_root, { from = null, to = null, anchor = null }, { audit }) {
      if (from && to && from >= to) throw badInput('`from` must be before `to`.');
      return audit.verify({ from, to }, anchor);
    },
  }),
);

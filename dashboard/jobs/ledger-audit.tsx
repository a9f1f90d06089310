/** Audits a range of the ledger: recomputes what was due from the schedule's versions and compares. */

import { useState } from 'react';
import { usePermission } from '../access/viewer.tsx';
import { serverNow } from '../graphql/client.ts';
import { graphql, type ResultOf } from '../graphql/graphql.ts';
import { useLiveQuery } from '../live/use-live.ts';
import { Button } from '../ui/button.tsx';
import { Card, Facts } from '../ui/card.tsx';
import { InstantField } from '../ui/field.tsx';
import { Loaded, Notice } from '../ui/notice.tsx';
import { Prose, Time } from '../ui/time.tsx';
import { count, counted } from '../ui/words.ts';

const AuditLedger = graphql(`
  query AuditLedger($jobName: String!, $from: DateTime!, $to: DateTime!) {
    fireLedgerAudit(jobName: $jobName, from: $from, to: $to) {
      checkedFromAt checkedToAt isComplete dueCount recordedCount
      missing missingCount extra extraCount notes
      miscounted { firstAt lastAt dueCount recordedCount } miscountedCount
    }
  }
`);
type Findings = NonNullable<ResultOf<typeof AuditLedger>['fireLedgerAudit']>;

interface AuditProps {
  readonly jobName: string;
  readonly jobZone: string;
  /** The initial range: what the calendar shows, up to now. */
  readonly from: string;
  readonly to: string;
}

export function Audit({ jobName, jobZone, from, to }: AuditProps) {
  const { isAllowed, reason } = usePermission('fireLedgerAudit');
  const [span, setSpan] = useState(() => ({ from, to: untilNow(from, to) }));
  const [asked, setAsked] = useState<typeof span>();
  const isOrdered = Date.parse(span.from) < Date.parse(span.to);
  const result = useLiveQuery({
    query: AuditLedger,
    variables: { jobName, ...(asked ?? span) },
    isPaused: asked === undefined || !isAllowed,
  });
  return (
    <Card
      title="Audit"
      hint="Recomputes what was due and compares it with the ledger: each due time must have exactly one outcome."
    >
      <div className="flex flex-wrap items-start gap-x-3 gap-y-2">
        <div className="w-56">
          <InstantField
            label="From"
            value={span.from}
            problem={isOrdered ? undefined : 'It must be before the end.'}
            onInstant={(value) => setSpan({ ...span, from: value ?? from })}
          />
        </div>
        <div className="w-56">
          <InstantField
            label="To"
            value={span.to}
            onInstant={(value) => setSpan({ ...span, to: value ?? untilNow(from, to) })}
          />
        </div>
        <Button
          className="mt-6"
          isBusy={asked !== undefined && result.isRefreshing}
          disabledBecause={isAllowed ? (isOrdered ? undefined : 'The range is empty.') : reason}
          onClick={() => {
            setAsked(span);
            if (asked?.from === span.from && asked.to === span.to) result.refresh();
          }}
        >
          Audit this range
        </Button>
      </div>
      {asked !== undefined && (
        <div className="mt-4">
          <Loaded result={result} height={4}>
            {({ fireLedgerAudit }) => fireLedgerAudit !== null && <Result of={fireLedgerAudit} jobZone={jobZone} />}
          </Loaded>
        </div>
      )}
    </Card>
  );
}

/** Cuts the range at now: future fires have no outcome to audit yet. */
function untilNow(from: string, to: string): string {
  const now = serverNow();
  return Date.parse(from) < now && now < Date.parse(to) ? new Date(now).toISOString() : to;
}

function Result({ of, jobZone }: { readonly of: Findings; readonly jobZone: string }) {
  const wasChecked = of.checkedFromAt !== null;
  return (
    <div className="grid gap-3">
      {!wasChecked ? (
        <Notice tone="warn">Nothing in this range could be checked.</Notice>
      ) : of.isComplete ? (
        <Notice tone="good">
          The ledger is complete: {counted(of.dueCount, 'fire was due, and it has', 'fires were due, and each has')}{' '}
          exactly one outcome.
        </Notice>
      ) : (
        <Notice tone="bad">
          The ledger is not complete: {counted(of.missingCount, 'fire is missing', 'fires are missing')},{' '}
          {count(of.extraCount)} recorded but not due,{' '}
          {counted(of.miscountedCount, 'gap is miscounted', 'gaps are miscounted')}.
        </Notice>
      )}
      {of.notes.map((note) => (
        <Notice key={note} tone="info">
          <Prose text={note} jobZone={jobZone} />
        </Notice>
      ))}
      <Facts
        of={[
          [
            'Checked',
            wasChecked ? (
              <span key="checked">
                <Time at={of.checkedFromAt} as="exact" jobZone={jobZone} /> to{' '}
                <Time at={of.checkedToAt} as="exact" jobZone={jobZone} />
              </span>
            ) : null,
          ],
          ['Due', count(of.dueCount)],
          ['Recorded', count(of.recordedCount)],
        ]}
      />
      <Instants title="Missing" of={of.missing} total={of.missingCount} jobZone={jobZone} />
      <Instants title="Recorded but not due, or recorded twice" of={of.extra} total={of.extraCount} jobZone={jobZone} />
      {of.miscounted.length > 0 && (
        <div>
          <h3 className="font-medium">Miscounted gaps</h3>
          <ul>
            {of.miscounted.map(({ firstAt, lastAt, dueCount, recordedCount }) => (
              <li key={firstAt}>
                <Time at={firstAt} as="clock" jobZone={jobZone} /> to <Time at={lastAt} as="clock" jobZone={jobZone} />:{' '}
                {count(recordedCount)} recorded, {count(dueCount)} due
              </li>
            ))}
          </ul>
        </div>
      )}
    </div>
  );
}

interface InstantsProps {
  readonly title: string;
  readonly of: readonly string[];
  readonly total: number;
  readonly jobZone: string;
}

const Instants = ({ title, of, total, jobZone }: InstantsProps) =>
  total === 0 ? null : (
    <div>
      <h3 className="font-medium">
        {title}: {count(total)}
        {of.length < total && `, the first ${of.length} of them`}
      </h3>
      <ul className="grid grid-cols-2 gap-x-4 sm:grid-cols-4">
        {of.map((at) => (
          <li key={at}>
            <Time at={at} as="clock" jobZone={jobZone} />
          </li>
        ))}
      </ul>
    </div>
  );

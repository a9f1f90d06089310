/** Failures grouped by cause, largest group first. */

import { Fragment } from 'react';
import { Link } from 'wouter';
import { usePermission } from '../access/viewer.tsx';
import { CureButton } from '../actions/action-button.tsx';
import { graphql, type ResultOf } from '../graphql/graphql.ts';
import { useLiveQuery } from '../live/use-live.ts';
import { Button, ButtonLink } from '../ui/button.tsx';
import { Card } from '../ui/card.tsx';
import { Code } from '../ui/copy.tsx';
import { Sparkline } from '../ui/graphs.tsx';
import { Empty, Loaded } from '../ui/notice.tsx';
import { Page } from '../ui/page.tsx';
import { Time } from '../ui/time.tsx';
import { count, counted } from '../ui/words.ts';
import { messageInWords } from './entry.rules.ts';
import { EnqueueAnew } from './explanation.tsx';

/* One cause of failures: affected entries, trend, and how to fix all of them. */

const FailureGroups = graphql(`
  query FailureGroupsPage {
    failureGroups(first: 100) {
      key errorCode message count failedCount firstSeenAt lastSeenAt trend suggestedCure
      affectedFamilyCount affectedFamilies { id familyId name }
      cure { label mutation input }
      sample { id entryId username fullName role family { id familyId } createdBy { id userId } }
    }
  }
`);

type FailureGroup = NonNullable<ResultOf<typeof FailureGroups>['failureGroups']>[number];

function FailureGroupItem({ group }: { readonly group: FailureGroup }) {
  const { key, errorCode, message, firstSeenAt, lastSeenAt, suggestedCure, cure, sample } = group;
  const isToCancel = isPlanOf(cure, 'CANCEL');
  return (
    <li className="grid gap-x-8 gap-y-3 px-4 py-4 lg:grid-cols-[minmax(0,1fr)_18rem]">
      <div className="grid min-w-0 content-start gap-2">
        <p className="max-w-prose font-medium break-words">{messageInWords(message)}</p>
        <div className="flex flex-wrap items-center gap-x-3 gap-y-1">
          <Code>{errorCode}</Code>
          <span className="text-sm text-muted">
            first seen <Time at={firstSeenAt} /> · last seen <Time at={lastSeenAt} />
          </span>
        </div>
        <Families group={group} />
        <p className="max-w-prose text-muted">
          <strong className="font-medium text-text">Fix: </strong>
          {suggestedCure ?? 'nothing to do. It is retried automatically.'}
        </p>
        {sample !== null && (
          <p className="text-sm text-muted">
            For example{' '}
            <Link href={`/queue/${sample.entryId}`} className="text-accent underline">
              {sample.username}
            </Link>
            , which was enqueued last
          </p>
        )}
        {sample !== null && isToCancel && (
          <div>
            <EnqueueAnew entry={sample} label={`Enqueue ${sample.username} again`} />
          </div>
        )}
      </div>
      <div className="flex flex-wrap items-start justify-between gap-3 lg:flex-col lg:items-stretch lg:justify-start">
        <Measure group={group} />
        <div className="flex flex-wrap gap-2 lg:flex-col">
          {isToCancel && <PlanCure cure={cure} isPrimary />}
          <ButtonLink isSmall href={`/queue?failureGroup=${encodeURIComponent(key)}`}>
            Show entries
          </ButtonLink>
          <PlanCure cure={isToCancel ? retryOf(key) : cure} />
        </div>
      </div>
    </li>
  );
}

/** The affected families, each linked to its entries. */
function Families({ group: { key, affectedFamilies, affectedFamilyCount } }: { readonly group: FailureGroup }) {
  if (affectedFamilyCount === 0) return null;
  const more = affectedFamilyCount - affectedFamilies.length;
  return (
    <p className="text-sm text-muted">
      {counted(affectedFamilyCount, 'family', 'families')}:{' '}
      {affectedFamilies.map(({ id, familyId, name }, index) => (
        <Fragment key={id}>
          {index > 0 && ', '}
          <Link
            href={`/queue?${new URLSearchParams({ family: familyId, failureGroup: key })}`}
            className="break-words text-accent underline"
          >
            {name}
          </Link>
        </Fragment>
      ))}
      {more > 0 && ` and ${count(more)} more`}
    </p>
  );
}

function Measure({ group: { count: entries, failedCount, trend } }: { readonly group: FailureGroup }) {
  const lately = trend.reduce((sum, attempts) => sum + attempts, 0);
  const words =
    lately === 0
      ? 'No such failure in the last hour'
      : `${counted(lately, 'attempt', 'attempts')} failed in the last hour`;
  return (
    <div className="grid gap-1">
      <div className="flex items-end justify-between gap-6">
        <p>
          <span className="text-xl leading-tight font-semibold text-bad">{count(entries)}</span>{' '}
          <span className="text-sm text-muted">{entries === 1 ? 'entry' : 'entries'}</span>
        </p>
        <Sparkline
          values={trend}
          tone={lately === 0 ? 'idle' : 'bad'}
          label={`${words}: ${trend.join(', ')} in steps of 5 minutes`}
        />
      </div>
      <p className="flex flex-wrap justify-between gap-x-4 text-sm text-muted">
        <span>{standingOf(failedCount, entries)}</span>
        <span>
          {lately === 0 ? 'no attempt in the last hour' : `${counted(lately, 'attempt', 'attempts')} in the last hour`}
        </span>
      </p>
    </div>
  );
}

/** How many entries failed permanently and how many are still retried. */
function standingOf(failed: number, entries: number): string {
  if (failed === 0) return 'still retried';
  return failed === entries ? 'failed for good' : `${count(failed)} failed, ${count(entries - failed)} still retried`;
}

type GroupCure = FailureGroup['cure'];

const isPlanOf = (cure: GroupCure, action: string): boolean =>
  (cure?.input as { readonly action?: unknown } | undefined)?.action === action;

/** Where the suggested cure is to cancel, a retry may still help entries whose data has become valid since. */
const retryOf = (failureGroup: string): NonNullable<GroupCure> => ({
  label: 'Plan a retry of exactly these',
  mutation: 'planBulkAction',
  input: { action: 'RETRY', filter: { failureGroup } },
});

/** Opens the queue page with a plan for exactly these entries; renders nothing if the group has no cure. */
function PlanCure({ cure, isPrimary = false }: { readonly cure: GroupCure; readonly isPrimary?: boolean }) {
  const { isAllowed, reason } = usePermission('planBulkAction');
  if (cure === null) return null;
  if (!isAllowed)
    return (
      <Button isSmall disabledBecause={reason}>
        {cure.label}
      </Button>
    );
  return <CureButton cure={cure} isPrimary={isPrimary} />;
}

/** The API returns at most this many groups. */
const MOST_GROUPS = 100;

export default function FailuresPage() {
  const result = useLiveQuery({
    query: FailureGroups,
    variables: {},
    on: ['QUEUED_CREATION'],
    // The trend covers the last hour, so it changes with time alone.
    everyMs: 60_000,
    isPaused: !usePermission('failureGroups').isAllowed,
  });
  return (
    <Page title="Failures" description="Entries that failed or wait for a retry, grouped by cause.">
      <Loaded result={result} height={32}>
        {({ failureGroups }) => <Groups groups={failureGroups ?? []} />}
      </Loaded>
    </Page>
  );
}

function Groups({ groups }: { readonly groups: readonly FailureGroup[] }) {
  if (groups.length === 0)
    return (
      <div className="rounded-lg border bg-panel">
        <Empty title="No failures." actions={<ButtonLink href="/queue">To the queue</ButtonLink>}>
          When attempts fail, their causes appear here: the entries and families, the trend, the fix, and a retry of
          exactly these entries. A cause disappears when none of its entries is affected any more.
        </Empty>
      </div>
    );
  const entries = groups.reduce((sum, group) => sum + group.count, 0);
  const failed = groups.reduce((sum, { failedCount }) => sum + failedCount, 0);
  const causes = counted(groups.length, 'cause', 'causes');
  return (
    <Card
      title={`${counted(entries, 'entry is', 'entries are')} held back by ${causes}`}
      hint={`${count(failed)} failed for good, ${count(entries - failed)} still retried. ${
        groups.length < MOST_GROUPS
          ? 'Largest first. Entries changed with SQL have no cause.'
          : `The ${MOST_GROUPS} causes with the most entries. There may be more; they appear when these are fixed.`
      }`}
      isFlush
    >
      <ol className="divide-y border-t">
        {groups.map((group) => (
          <FailureGroupItem key={group.key} group={group} />
        ))}
      </ol>
    </Card>
  );
}

/** Failures grouped by cause, largest group first. */
import { usePermission } from '../../access/viewer.tsx';
import { useLiveQuery } from '../../live/use-live.ts';
import { ButtonLink } from '../../ui/button.tsx';
import { Card } from '../../ui/card.tsx';
import { Loaded } from '../../ui/loaded.tsx';
import { Empty } from '../../ui/notice.tsx';
import { Page } from '../../ui/page.tsx';
import { count, counted } from '../../ui/words.ts';
import { type FailureGroup, FailureGroupItem, FailureGroups } from './failure-group.tsx';

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

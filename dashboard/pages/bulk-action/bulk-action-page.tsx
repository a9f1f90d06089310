/** One bulk action: progress, actor, reason, skipped entries, and undo. */
import { usePermission } from '../../access/viewer.tsx';
import { ActionButton } from '../../actions/action-button.tsx';
import { applyBulkAction } from '../../actions/queue-actions.ts';
import { BulkChangedCard } from '../../bulk/bulk-changed.tsx';
import type { Bulk } from '../../bulk/bulk-documents.ts';
import { BulkKeeps, BulkSkips } from '../../bulk/bulk-left-out.tsx';
import { BulkCounts, useBulkAction } from '../../bulk/bulk-progress.tsx';
import { BULK } from '../../bulk/bulk-words.ts';
import { Exclusions } from '../../bulk/exclusions.tsx';
import { Status } from '../../ui/badge.tsx';
import { ButtonLink } from '../../ui/button.tsx';
import { Card, Facts } from '../../ui/card.tsx';
import { Code } from '../../ui/copy.tsx';
import { Loaded } from '../../ui/loaded.tsx';
import { Empty, Notice } from '../../ui/notice.tsx';
import { Page } from '../../ui/page.tsx';
import { Time } from '../../ui/time.tsx';
import { isUuid } from '../../ui/uuid.rules.ts';
import { BULK_STATUS, counted } from '../../ui/words.ts';
import { AskedFor } from './asked-for.tsx';

interface BulkActionPageProps {
  readonly params: { readonly bulkActionId: string };
}

/** The key resets all state per bulk action, so that an undo applies to the one shown. */
export default function BulkActionPage({ params: { bulkActionId } }: BulkActionPageProps) {
  if (isUuid(bulkActionId)) return <Content key={bulkActionId} bulkActionId={bulkActionId} />;
  return (
    <Page title="Bulk action" within={WITHIN}>
      <NotThere />
    </Page>
  );
}

const WITHIN = [['Bulk actions', '/bulk-actions']] as const;

const NotThere = () => (
  <Empty
    title="There is no bulk action with this id."
    actions={<ButtonLink href="/bulk-actions">All bulk actions</ButtonLink>}
  >
    It may have been deleted, or concern families that you may not see.
  </Empty>
);

function Content({ bulkActionId }: BulkActionPageProps['params']) {
  const { isAllowed, reason } = usePermission('bulkAction');
  const result = useBulkAction(bulkActionId);
  const bulk = result.data?.bulkAction ?? undefined;
  return (
    <Page
      title={bulk === undefined ? 'Bulk action' : BULK[bulk.action].title}
      within={WITHIN}
      badge={bulk !== undefined && <Status of={BULK_STATUS[bulk.status]} />}
      description={bulk?.reason ?? undefined}
    >
      {!isAllowed && <Notice tone="warn">{reason}</Notice>}
      <Loaded result={result} height={16}>
        {({ bulkAction }) =>
          bulkAction === null ? <NotThere /> : <BulkParts bulk={bulkAction} onChange={result.refresh} />
        }
      </Loaded>
    </Page>
  );
}

function BulkParts({ bulk, onChange }: { readonly bulk: Bulk; readonly onChange: () => void }) {
  const { bulkActionId, action, status, actor, createdAt, appliedAt, finishedAt, expiresAt, runAt, reason } = bulk;
  const { undoneBy, undoReason, undoAskedAt } = bulk;
  return (
    <div className="grid gap-4">
      <Card
        title="Progress"
        actions={
          status === 'PLANNED' && (
            <ActionButton
              action={applyBulkAction}
              input={{ planId: bulkActionId }}
              kind={BULK[action].isDangerous ? 'danger' : 'primary'}
              onDone={onChange}
            />
          )
        }
      >
        <BulkCounts bulk={bulk} onChange={onChange} />
      </Card>
      <Card title="Details">
        <Facts
          of={[
            ['What it does', BULK[action].explains],
            ...(runAt === null ? [] : [['Due at', <Time key="runAt" at={runAt} as="exact" />] as const]),
            ['For', <AskedFor key="for" of={bulk} />],
            ['By', actor],
            ['Reason', reason],
            ['Planned', <Time key="createdAt" at={createdAt} />],
            ['Applied', <When key="appliedAt" at={appliedAt} />],
            ...(status === 'PLANNED'
              ? [['Can be applied until', <Time key="expiresAt" at={expiresAt} />] as const]
              : undoAskedAt === null
                ? [['Finished', <When key="finishedAt" at={finishedAt} />] as const]
                : [
                    ['Undone by', undoneBy] as const,
                    ['Reason of the undo', undoReason] as const,
                    ['Undo requested', <Time key="undoAskedAt" at={undoAskedAt} />] as const,
                    ['Undo finished', <When key="finishedAt" at={finishedAt} />] as const,
                  ]),
            ['Id', <Code key="id">{bulkActionId}</Code>],
          ]}
        />
      </Card>
      <BulkKeeps of={bulk} />
      <BulkSkips of={bulk} />
      <LeftOutOfPlan of={bulk} />
      <BulkChangedCard of={bulk} />
    </div>
  );
}

const When = ({ at }: { readonly at: string | null }) => (at === null ? 'Not yet' : <Time at={at} />);

function LeftOutOfPlan({ of: { exclusions } }: { readonly of: Bulk }) {
  const left = (exclusions ?? []).reduce((sum, one) => sum + one.count, 0);
  if (exclusions === null || left === 0) return null;
  return (
    <Card title={`Left out of the plan: ${counted(left, 'entry', 'entries')}`} hint="Requested, but not part of it.">
      <div className="grid gap-3">
        <Exclusions of={exclusions} />
      </div>
    </Card>
  );
}

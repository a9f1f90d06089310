/** One bulk action: progress, actor, reason, skipped entries, and undo. */

import { Link } from 'wouter';
import { usePermission } from '../access/viewer.tsx';
import { ActionButton } from '../actions/action-button.tsx';
import { applyBulkAction } from '../entries/queue-actions.ts';
import { isFiltered, type QueueView, SPAN_WORDS, type Span, writeView } from '../entries/queue-filter.rules.ts';
import { viewOfFilter } from '../entries/views.rules.ts';
import { useFamilyName } from '../families/family-field.tsx';
import { ButtonLink } from '../ui/button.tsx';
import { Card, Facts } from '../ui/card.tsx';
import { Code } from '../ui/copy.tsx';
import { exact } from '../ui/instants.rules.ts';
import { Empty, Loaded, Notice } from '../ui/notice.tsx';
import { Page } from '../ui/page.tsx';
import { useZone } from '../ui/preferences.ts';
import { isUuid } from '../ui/text.rules.ts';
import { Status } from '../ui/text.tsx';
import { Time } from '../ui/time.tsx';
import { BULK_STATUS, counted, ENTRY_STATUS } from '../ui/words.ts';
import { BulkChangedCard } from './bulk-changed.tsx';
import { BULK, type Bulk } from './bulk-documents.ts';
import { BulkKeeps, BulkSkips, Exclusions } from './bulk-left-out.tsx';
import { BulkCounts, useBulkAction } from './bulk-progress.tsx';

/* The entries of a bulk action: selected ones, or those that matched a filter, with a link to that filter. */

function AskedFor({ of: { filter } }: { readonly of: Bulk }) {
  const view = viewOfFilter(filter);
  if (filter === null) return <>Selected entries</>;
  if (view === undefined)
    return (
      <>
        All matching entries <Code>{JSON.stringify(filter)}</Code>
      </>
    );
  return <ByView view={view} />;
}

function ByView({ view }: { readonly view: QueueView }) {
  const zone = useZone();
  const family = useFamilyName(view.family);
  const span = (of: Span): string => {
    if (typeof of === 'string') return SPAN_WORDS[of];
    const at = (instant: string): string => exact(Date.parse(instant), zone);
    return [of.from && `from ${at(of.from)}`, of.to && `before ${at(of.to)}`].filter(Boolean).join(', ');
  };
  const parts = [
    view.state.length > 0 && `in the state ${view.state.map((one) => ENTRY_STATUS[one].text).join(' or ')}`,
    family !== undefined && `of ${family}`,
    view.username !== undefined && `whose username begins with “${view.username}”`,
    view.errorCode !== undefined && `whose last error was ${view.errorCode}`,
    view.failureGroup !== undefined && 'that had failed for the same cause',
    view.created !== undefined && `enqueued ${span(view.created)}`,
    view.due !== undefined && `due ${span(view.due)}`,
    view.dueNow !== undefined && (view.dueNow ? 'due then' : 'not due then'),
  ].filter((part) => part !== false);
  return (
    <>
      {isFiltered(view) ? `All entries ${parts.join(', ')}` : 'All entries'}:{' '}
      <Link href={`/queue?${writeView(view)}`} className="text-accent underline">
        what the filter finds now
      </Link>
    </>
  );
}

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
  const { bulkActionId, action, status, actor, createdAt, appliedAt, finishedAt, expiresAt, runAt } = bulk;
  const { undoneBy, undoReason, undoAskedAt } = bulk;
  const isPlan = status === 'PLANNED';
  return (
    <div className="grid gap-4">
      <Card title="Result" isTitleHidden>
        <div className="grid gap-4 pt-4">
          <BulkCounts
            bulk={bulk}
            onChange={onChange}
            apply={
              isPlan && (
                <ActionButton
                  action={applyBulkAction}
                  input={{ planId: bulkActionId }}
                  kind={BULK[action].isDangerous ? 'danger' : 'primary'}
                  onDone={onChange}
                />
              )
            }
          />
          {isPlan && <p className="text-muted">{BULK[action].explains}</p>}
          <div className="grid items-start gap-x-8 gap-y-1.5 border-t pt-3 lg:grid-cols-2">
            <Facts
              of={[
                ['For', <AskedFor key="for" of={bulk} />],
                ...(runAt === null ? [] : [['Due at', <Time key="runAt" at={runAt} as="exact" />] as const]),
                ['By', actor],
                ['Id', <Code key="id">{bulkActionId}</Code>],
              ]}
            />
            <Facts
              of={[
                ['Planned', <Time key="createdAt" at={createdAt} />],
                ...(isPlan
                  ? [['Can be applied until', <Time key="expiresAt" at={expiresAt} />] as const]
                  : [['Applied', <When key="appliedAt" at={appliedAt} />] as const]),
                ...(undoAskedAt === null
                  ? []
                  : [
                      ['Undone by', undoneBy] as const,
                      ['Reason of the undo', undoReason] as const,
                      ['Undo requested', <Time key="undoAskedAt" at={undoAskedAt} />] as const,
                    ]),
                ...(isPlan ? [] : [['Finished', <When key="finishedAt" at={finishedAt} />] as const]),
              ]}
            />
          </div>
        </div>
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

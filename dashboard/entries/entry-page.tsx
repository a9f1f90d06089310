/** One entry: why it is in its state, what to do about it, and its history. */

import { usePermission, useViewer } from '../access/viewer.tsx';
import { useLiveQuery } from '../live/use-live.ts';
import { ButtonLink } from '../ui/button.tsx';
import { Empty, Loaded, Notice } from '../ui/notice.tsx';
import { Page } from '../ui/page.tsx';
import { isUuid } from '../ui/text.rules.ts';
import { Status } from '../ui/text.tsx';
import { ENTRY_STATUS } from '../ui/words.ts';
import { EntryButtons } from './entry-buttons.tsx';
import { type Entry, EntryQuery, WholeEntryQuery } from './entry-query.ts';
import { EntryFacts, Explanation } from './explanation.tsx';
import { Timeline } from './timeline.tsx';
import { type Surroundings, useStory, useSurroundings } from './use-story.ts';

const WITHIN = [['Queue', '/queue']] as const;

export default function EntryPage({ params: { entryId = '' } }: { readonly params: { readonly entryId?: string } }) {
  const { isAllowed, reason } = usePermission('queuedCreation');
  if (!isAllowed)
    return (
      <Page title="Entry" within={WITHIN}>
        <Notice tone="info">{reason}</Notice>
      </Page>
    );
  const id = entryId.toLowerCase();
  return isUuid(id) ? <Known key={id} entryId={id} /> : <NotThere entryId={entryId} />;
}

function Known({ entryId }: { readonly entryId: string }) {
  const { role, family } = useViewer();
  // Matches the API: callers bound to a family, and an ENQUEUER, may not see nodes and bulk actions.
  const seesBeyond = family === null && role !== 'ENQUEUER';
  const result = useLiveQuery<{ queuedCreation: Entry | null }, { entryId: string }>({
    query: seesBeyond ? WholeEntryQuery : EntryQuery,
    variables: { entryId },
    on: ['QUEUED_CREATION', 'CIRCUIT'],
    // The circuit holds back every waiting entry.
    isAbout: ({ QUEUED_CREATION, CIRCUIT }) => CIRCUIT !== undefined || QUEUED_CREATION?.keys.has(entryId) === true,
    // The explanation mentions pauses and limits of the queue, which the live stream does not publish.
    everyMs: 10_000,
  });
  const surroundings = useSurroundings(entryId);
  const entry = result.data?.queuedCreation;
  if (result.data !== undefined && entry == null && result.problem === undefined) return <NotThere entryId={entryId} />;
  return (
    <Page
      title={entry?.username ?? 'Entry'}
      description={entry?.fullName}
      within={WITHIN}
      badge={entry != null && <Status of={ENTRY_STATUS[entry.status]} />}
      actions={entry != null && <EntryButtons entry={entry} onDone={result.refresh} />}
    >
      <Loaded result={result} height={32}>
        {() => entry != null && <Whole {...{ entry, surroundings, seesBeyond }} onDone={result.refresh} />}
      </Loaded>
    </Page>
  );
}

interface WholeProps {
  readonly entry: Entry;
  readonly surroundings: Surroundings;
  readonly seesBeyond: boolean;
  readonly onDone: () => void;
}

function Whole({ entry, surroundings, seesBeyond, onDone }: WholeProps) {
  const story = useStory(entry, surroundings, seesBeyond);
  return (
    <>
      <Explanation entry={entry} onDone={onDone} />
      <div className="grid items-start gap-4 lg:grid-cols-[minmax(0,1fr)_24rem]">
        <Timeline entry={entry} {...story} />
        <EntryFacts entry={entry} />
      </div>
    </>
  );
}

const NotThere = ({ entryId }: { readonly entryId: string }) => (
  <Page title="No such entry" within={WITHIN}>
    <div className="rounded-lg border bg-panel">
      <Empty title="There is no entry with this id." actions={<ButtonLink href="/queue">To the queue</ButtonLink>}>
        <p className="break-all">{entryId}</p>
        <p>It may have been deleted after its retention period, the link may be incomplete, or you may not see it.</p>
      </Empty>
    </div>
  </Page>
);

/** The entries of a bulk action: selected ones, or those that matched a filter, with a link to that filter. */
import { Link } from 'wouter';
import type { Bulk } from '../../bulk/bulk-documents.ts';
import { isFiltered, type QueueView, SPAN_WORDS, type Span, writeView } from '../../entries/queue-filter.rules.ts';
import { viewOfFilter } from '../../entries/view-of-filter.rules.ts';
import { useFamilyName } from '../../families/family-name.ts';
import { Code } from '../../ui/copy.tsx';
import { exact } from '../../ui/instants.rules.ts';
import { useZone } from '../../ui/preferences.ts';
import { ENTRY_STATUS } from '../../ui/words.ts';

export function AskedFor({ of: { filter } }: { readonly of: Bulk }) {
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

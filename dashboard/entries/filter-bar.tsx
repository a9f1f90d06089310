/** One line of filters: common ones are always visible, the others one click away, and active ones appear as chips. */

import { Search, SlidersHorizontal, X } from 'lucide-react';
import { type ReactNode, type RefObject, useState } from 'react';
import { FamilyField, useFamilyName } from '../families/family-field.tsx';
import { graphql } from '../graphql/graphql.ts';
import { useLiveQuery } from '../live/use-live.ts';
import { Button } from '../ui/button.tsx';
import { SelectField, TypedField } from '../ui/field.tsx';
import { exact } from '../ui/instants.rules.ts';
import { useZone } from '../ui/preferences.ts';
import { ENTRY_STATUS } from '../ui/words.ts';
import { messageInWords } from './entry.rules.ts';
import { ErrorFilters, type Group, SpanField, useGroups } from './filter-fields.tsx';
import {
  CREATED_SPANS,
  DUE_SPANS,
  isFiltered,
  type QueueView,
  SPAN_WORDS,
  type Span,
  STATES,
  unfiltered,
} from './queue-filter.rules.ts';

interface FilterBarProps {
  readonly view: QueueView;
  readonly onChange: (change: Partial<QueueView>) => void;
  /** The element whose input the shortcut "f" focuses. */
  readonly first: RefObject<HTMLDivElement | null>;
}

export function FilterBar({ view, onChange, first, children }: FilterBarProps & { readonly children: ReactNode }) {
  const [isOpen, setOpen] = useState(false);
  const [clearings, setClearings] = useState(0);
  const groups = useGroups(isOpen || view.failureGroup !== undefined);
  return (
    // Remounted when all filters are cleared, so that typed text not yet applied is not applied afterwards.
    <search key={clearings} aria-label="Filters" className="grid min-w-0 gap-2 px-3 py-2">
      <div className="flex min-w-0 flex-wrap items-center gap-2">
        <UsernameFilter view={view} onChange={onChange} first={first} />
        <StateFilter view={view} onChange={onChange} />
        <Button
          icon={SlidersHorizontal}
          aria-label="More filters"
          aria-expanded={isOpen}
          onClick={() => setOpen(!isOpen)}
        >
          <span className="max-sm:hidden">Filters</span>
        </Button>
        {children}
        {isFiltered(view) && (
          <Button
            kind="ghost"
            icon={X}
            aria-label="Clear all filters"
            className="max-sm:px-1.5!"
            onClick={() => {
              setClearings(clearings + 1);
              onChange(unfiltered(view));
            }}
          >
            <span className="max-sm:hidden">Clear all</span>
          </Button>
        )}
      </div>
      {isOpen && (
        <div className="grid items-start gap-3 border-t py-2 sm:grid-cols-3 xl:grid-cols-6">
          <FamilyField value={undefined} onChoose={({ familyId: family }) => onChange({ family })} />
          <ErrorFilters view={view} groups={groups} onChange={onChange} />
          <SpanField
            label="Enqueued"
            names={CREATED_SPANS}
            value={view.created}
            onChange={(created) => onChange({ created })}
          />
          <SpanField
            label="Next attempt due"
            names={DUE_SPANS}
            value={view.due}
            onChange={(due) => onChange({ due })}
          />
          <SelectField
            label="Due now"
            value={view.dueNow === undefined ? '' : String(view.dueNow)}
            options={[
              ['', 'Due or not'],
              ['true', 'Due now'],
              ['false', 'Not due now'],
            ]}
            onChange={({ target }) => onChange({ dueNow: target.value === '' ? undefined : target.value === 'true' })}
          />
        </div>
      )}
      <Chips view={view} groups={groups} onChange={onChange} />
    </search>
  );
}

const UsernameFilter = ({ view, onChange, first }: FilterBarProps) => (
  <div ref={first} className="relative min-w-32 flex-1 md:max-w-58">
    <Search aria-hidden className="pointer-events-none absolute top-2 left-2.5 size-4 text-muted" />
    <TypedField
      label="Username begins with"
      isLabelHidden
      type="search"
      placeholder="Username begins with"
      spellCheck={false}
      autoCapitalize="none"
      className="pl-8!"
      value={view.username ?? ''}
      takenAs={(text) => text.trim().toLowerCase()}
      onText={(text) => onChange({ username: text || undefined })}
    />
  </div>
);

const COUNTED = {
  PENDING: 'pendingCount',
  PROCESSING: 'processingCount',
  COMPLETED: 'completedCount',
  FAILED: 'failedCount',
  CANCELLED: 'cancelledCount',
} as const;

const Counts = graphql(`
  query EntryCounts {
    queueStatistics { pendingCount processingCount completedCount failedCount cancelledCount }
  }
`);

function StateFilter({ view, onChange }: Omit<FilterBarProps, 'first'>) {
  // The counts are of the whole queue, so they would be wrong beside other filters.
  const isCounted = !isFiltered({ ...view, state: [] });
  const { data } = useLiveQuery({ query: Counts, variables: {}, on: ['QUEUED_CREATION'], isPaused: !isCounted });
  const counts = isCounted ? data?.queueStatistics : undefined;
  return (
    <fieldset className="flex min-w-0 gap-1 p-0.5 max-sm:order-last max-sm:w-full max-sm:overflow-x-auto max-sm:[scrollbar-width:none]">
      <legend className="sr-only">State</legend>
      {STATES.map((state) => {
        const isOn = view.state.includes(state);
        return (
          <button
            key={state}
            type="button"
            aria-pressed={isOn}
            onClick={() =>
              onChange({ state: isOn ? view.state.filter((one) => one !== state) : [...view.state, state] })
            }
            className={`inline-flex h-8 items-center gap-1.5 rounded-md border px-2 ${isOn ? 'border-accent bg-accent-soft font-medium text-accent' : 'text-muted hover:bg-raised hover:text-text'}`}
          >
            {ENTRY_STATUS[state].text}
            {counts != null && (
              <span aria-hidden className="text-xs">
                {inShort(counts[COUNTED[state]])}
              </span>
            )}
          </button>
        );
      })}
    </fieldset>
  );
}

const SHORT = new Intl.NumberFormat('en', { notation: 'compact' });
const inShort = (many: number): string => SHORT.format(many);

type ChipsProps = Omit<FilterBarProps, 'first'> & { readonly groups: readonly Group[] | undefined };

function Chips({ view, groups, onChange }: ChipsProps) {
  const family = useFamilyName(view.family);
  const zone = useZone();
  const group = groups?.find(({ key }) => key === view.failureGroup);
  const span = (of: Span): string => {
    if (typeof of === 'string') return SPAN_WORDS[of];
    const at = (instant: string): string => exact(Date.parse(instant), zone);
    return [of.from && `from ${at(of.from)}`, of.to && `before ${at(of.to)}`].filter(Boolean).join(', ');
  };
  const chips = [
    view.family !== undefined && (['family', `Family: ${family}`] as const),
    view.errorCode !== undefined && (['errorCode', `Last error: ${view.errorCode}`] as const),
    view.failureGroup !== undefined &&
      ([
        'failureGroup',
        `Cause: ${group !== undefined ? messageInWords(group.message) : groups === undefined ? '…' : 'one without entries'}`,
      ] as const),
    view.created !== undefined && (['created', `Enqueued: ${span(view.created)}`] as const),
    view.due !== undefined && (['due', `Next attempt: ${span(view.due)}`] as const),
    view.dueNow !== undefined && (['dueNow', view.dueNow ? 'Due now' : 'Not due now'] as const),
  ].filter((chip) => chip !== false);
  if (chips.length === 0) return null;
  return (
    <ul aria-label="Active filters" className="flex min-w-0 flex-wrap gap-2">
      {chips.map(([name, text]) => (
        <li key={name} className="inline-flex max-w-full items-center gap-1 rounded-full bg-accent-soft pl-2.5 text-sm">
          <span className="truncate" title={text}>
            {text}
          </span>
          <button
            type="button"
            aria-label={`Clear ${text}`}
            onClick={() => onChange({ [name]: undefined })}
            className="rounded-full p-1 text-muted hover:text-text"
          >
            <X className="size-3.5" />
          </button>
        </li>
      ))}
    </ul>
  );
}

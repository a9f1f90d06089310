/** The filter bar: common filters are always visible, the others one click away, and active ones appear as chips. */

import { Search, SlidersHorizontal, X } from 'lucide-react';
import { type RefObject, useState } from 'react';
import { FamilyField, useFamilyName } from '../families/family-field.tsx';
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

export function FilterBar({ view, onChange, first }: FilterBarProps) {
  const [isOpen, setOpen] = useState(false);
  const [clearings, setClearings] = useState(0);
  const groups = useGroups(isOpen || view.failureGroup !== undefined);
  return (
    // Remounted when all filters are cleared, so that typed text not yet applied is not applied afterwards.
    <search key={clearings} aria-label="Filters" className="grid gap-3 rounded-lg border bg-panel p-3">
      <div className="flex flex-wrap items-center gap-2">
        <UsernameFilter view={view} onChange={onChange} first={first} />
        <StateFilter view={view} onChange={onChange} />
        <Button icon={SlidersHorizontal} aria-expanded={isOpen} onClick={() => setOpen(!isOpen)}>
          More filters
        </Button>
        {isFiltered(view) && (
          <Button
            kind="ghost"
            icon={X}
            onClick={() => {
              setClearings(clearings + 1);
              onChange(unfiltered(view));
            }}
          >
            Clear all
          </Button>
        )}
      </div>
      {isOpen && (
        <div className="grid items-start gap-3 border-t pt-3 sm:grid-cols-2 lg:grid-cols-3">
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
  <div ref={first} className="relative w-full sm:w-56">
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

const StateFilter = ({ view, onChange }: Omit<FilterBarProps, 'first'>) => (
  <fieldset className="flex flex-wrap gap-1">
    <legend className="sr-only">State</legend>
    {STATES.map((state) => {
      const isOn = view.state.includes(state);
      return (
        <button
          key={state}
          type="button"
          aria-pressed={isOn}
          onClick={() => onChange({ state: isOn ? view.state.filter((one) => one !== state) : [...view.state, state] })}
          className={`h-8 rounded-md border px-2.5 ${isOn ? 'border-accent bg-accent-soft font-medium text-accent' : 'text-muted hover:bg-raised hover:text-text'}`}
        >
          {ENTRY_STATUS[state].text}
        </button>
      );
    })}
  </fieldset>
);

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

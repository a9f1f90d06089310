/** The filters of the trail; each stands in the address bar, so that a view can be passed on. */
import { useEffect, useId, useRef, useState } from 'react';
import { useViewer } from '../../access/viewer.tsx';
import { Button } from '../../ui/button.tsx';
import { InstantField, SelectField, TextField } from '../../ui/field.tsx';
import type { AuditAsked, FilterName } from './audit-address.rules.ts';
import { TARGETS } from './audit-words.rules.ts';

interface FiltersProps {
  readonly params: URLSearchParams;
  readonly asked: AuditAsked;
  readonly onChange: (change: Readonly<Partial<Record<FilterName, string | undefined>>>) => void;
  readonly onClear: () => void;
}

const TARGET_OPTIONS = [
  ['', 'Anything'],
  ...Object.entries(TARGETS).map(([type, { text }]) => [type, text] as const),
] as const;
/** Those that stand folded unless one of them is used. */
const MORE: readonly FilterName[] = ['from', 'to', 'targetId', 'family', 'request'];
const OUTCOME_OPTIONS = [
  ['', 'Done or denied'],
  ['DONE', 'Done'],
  ['DENIED', 'Denied'],
] as const;

export function AuditFilters({ params, asked: { problems, isFiltered }, onChange, onClear }: FiltersProps) {
  const { operations } = useViewer();
  const actions = useId();
  const [isMoreOpen] = useState(MORE.some((name) => params.has(name)));
  const get = (name: FilterName): string => params.get(name) ?? '';
  const text = (name: FilterName) => ({
    value: get(name),
    problem: problems[name],
    onText: (value: string) => onChange({ [name]: value }),
  });
  return (
    <search aria-label="Filters" className="grid gap-3 border-b px-4 pb-4">
      <div className="grid grid-cols-2 items-start gap-3 lg:grid-cols-4">
        <TypedField label="Who" placeholder="Name begins with" {...text('actor')} />
        <TypedField label="Action" placeholder="Any" list={actions} {...text('action')} />
        <datalist id={actions}>
          {operations
            .filter(({ kind }) => kind === 'MUTATION')
            .map(({ name }) => (
              <option key={name} value={name} />
            ))}
        </datalist>
        <SelectField
          label="On what"
          options={TARGET_OPTIONS}
          value={get('target')}
          onChange={({ target }) => onChange({ target: target.value })}
        />
        <SelectField
          label="Outcome"
          options={OUTCOME_OPTIONS}
          value={get('outcome')}
          onChange={({ target }) => onChange({ outcome: target.value })}
        />
      </div>
      <div className="flex flex-wrap items-start justify-between gap-3">
        <details open={isMoreOpen} className="min-w-0 flex-1">
          <summary className="w-max text-accent">By time, id, family or request</summary>
          <div className="mt-3 grid items-start gap-3 sm:grid-cols-2 lg:grid-cols-5">
            <InstantField label="From" value={get('from') || undefined} onInstant={(from) => onChange({ from })} />
            <InstantField
              label="Before"
              problem={problems.to}
              value={get('to') || undefined}
              onInstant={(to) => onChange({ to })}
            />
            <TypedField label="Id of what" placeholder="Whole id or name" {...text('targetId')} />
            <TypedField label="Family" placeholder="Its id" {...text('family')} />
            <TypedField label="Request" placeholder="Its id" {...text('request')} />
          </div>
        </details>
        {isFiltered && (
          <Button isSmall onClick={onClear}>
            Clear the filters
          </Button>
        )}
      </div>
    </search>
  );
}

interface TypedFieldProps {
  readonly label: string;
  readonly value: string;
  readonly placeholder?: string;
  readonly list?: string;
  readonly problem: string | undefined;
  readonly onText: (value: string) => void;
}

const PAUSE_MS = 350;

/** Told once the typing pauses. */
function TypedField({ value, onText, ...rest }: TypedFieldProps) {
  const [text, setText] = useState(value);
  const told = useRef(value);
  useEffect(() => {
    if (told.current === value) return;
    told.current = value;
    setText(value);
  }, [value]);
  const latest = useRef(onText);
  latest.current = onText;
  useEffect(() => {
    if (text === told.current) return;
    const timer = setTimeout(() => {
      told.current = text;
      latest.current(text);
    }, PAUSE_MS);
    return () => clearTimeout(timer);
  }, [text]);
  return <TextField {...rest} value={text} onChange={({ target }) => setText(target.value)} />;
}

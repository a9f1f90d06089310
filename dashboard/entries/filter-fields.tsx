/** Filters by error: by its code, or by the group of entries that failed for the same cause. */

import { useId, useState } from 'react';
import { usePermission } from '../access/viewer.tsx';
import { graphql } from '../graphql/graphql.ts';
import { useLiveQuery } from '../live/use-live.ts';
import { InstantField, SelectField, TypedField } from '../ui/field.tsx';
import { count } from '../ui/words.ts';
import { messageInWords } from './entry.rules.ts';
import { type QueueView, SPAN_WORDS, type Span, type SpanName } from './queue-filter.rules.ts';

const Groups = graphql(`query QueueFailureGroups { failureGroups(first: 100) { key errorCode message count } }`);

export interface Group {
  readonly key: string;
  readonly errorCode: string;
  readonly message: string;
  readonly count: number;
}

/** The failure groups; undefined until loaded. Queried only while the filters are open or a group is selected. */
export function useGroups(isWanted: boolean): readonly Group[] | undefined {
  const { isAllowed } = usePermission('failureGroups');
  const { data } = useLiveQuery({ query: Groups, variables: {}, isPaused: !isWanted || !isAllowed });
  return data?.failureGroups ?? undefined;
}

interface ErrorFiltersProps {
  readonly view: QueueView;
  readonly groups: readonly Group[] | undefined;
  readonly onChange: (change: Partial<QueueView>) => void;
}

export function ErrorFilters({ view, groups = [], onChange }: ErrorFiltersProps) {
  const codes = useId();
  const isKnown = view.failureGroup === undefined || groups.some(({ key }) => key === view.failureGroup);
  return (
    <>
      <TypedField
        label="Code of the last error"
        placeholder="RATE_LIMITED"
        list={codes}
        spellCheck={false}
        value={view.errorCode ?? ''}
        takenAs={(text) => text.trim().toUpperCase()}
        onText={(text) => onChange({ errorCode: text || undefined })}
      />
      <datalist id={codes}>
        {[...new Set(groups.map(({ errorCode }) => errorCode))].map((one) => (
          <option key={one} value={one} />
        ))}
      </datalist>
      <SelectField
        label="Cause"
        value={view.failureGroup ?? ''}
        options={[
          ['', 'Any cause'],
          ...(isKnown ? [] : [[view.failureGroup ?? '', 'A cause without entries'] as const]),
          ...groups.map(
            ({ key, message, count: size }) => [key, `${messageInWords(message)} (${count(size)})`] as const,
          ),
        ]}
        onChange={({ target }) => onChange({ failureGroup: target.value || undefined })}
      />
    </>
  );
}

/* A time range: relative to now, or between two timestamps. */

interface SpanFieldProps {
  readonly label: string;
  readonly names: readonly SpanName[];
  readonly value: Span | undefined;
  readonly onChange: (span: Span | undefined) => void;
}

export function SpanField({ label, names, value, onChange }: SpanFieldProps) {
  const [isOwn, setOwn] = useState(false);
  const between = typeof value === 'object' ? value : undefined;
  const isBetween = isOwn || between !== undefined;
  return (
    <div className="grid content-start gap-2">
      <SelectField
        label={label}
        value={isBetween ? 'between' : typeof value === 'string' ? value : ''}
        options={[
          ['', 'At any time'],
          ...names.map((name) => [name, SPAN_WORDS[name]] as const),
          ['between', 'Between two times'],
        ]}
        onChange={({ target }) => {
          setOwn(target.value === 'between');
          onChange(names.find((name) => name === target.value));
        }}
      />
      {isBetween && (
        <>
          <InstantField
            label={`${label} from`}
            hint="This instant included."
            value={between?.from}
            onInstant={(from) => onChange({ ...between, from })}
          />
          <InstantField
            label={`${label} before`}
            value={between?.to}
            onInstant={(to) => onChange({ ...between, to })}
          />
        </>
      )}
    </div>
  );
}

/** Filters by error: by its code, or by the group of entries that failed for the same cause. */
import { useId } from 'react';
import { usePermission } from '../../access/viewer.tsx';
import { messageInWords } from '../../entries/failure-message.rules.ts';
import type { QueueView } from '../../entries/queue-filter.rules.ts';
import { graphql } from '../../graphql/graphql.ts';
import { useLiveQuery } from '../../live/use-live.ts';
import { SelectField } from '../../ui/field.tsx';
import { TypedField } from '../../ui/typed-field.tsx';
import { count } from '../../ui/words.ts';

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
        label="Failed for the same cause"
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

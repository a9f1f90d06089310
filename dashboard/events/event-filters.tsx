/** The filters of the event list. */

import { FamilyIdField } from '../families/family-field.tsx';
import { InstantField, SelectField, TypedField } from '../ui/field.tsx';
import { Filters, type ListAddress } from '../ui/filters.tsx';
import { EVENT_STATE } from '../ui/words.ts';
import { type Asked, aggregateWords, STATES } from './event.rules.ts';
import type { EventKind } from './event-catalog.ts';

interface EventFiltersProps {
  readonly address: ListAddress;
  readonly problems: Asked['problems'];
  readonly kinds: readonly EventKind[];
}

export function EventFilters({ address, problems, kinds }: EventFiltersProps) {
  const { get, set } = address;
  const offer = (known: readonly string[], chosen: string | undefined) =>
    chosen === undefined || known.includes(chosen) ? known : [chosen, ...known];
  const types = offer(
    kinds.map(({ type }) => type),
    get('type'),
  );
  const aggregates = offer([...new Set(kinds.map(({ aggregate }) => aggregate))].sort(), get('aggregate'));
  return (
    <Filters
      address={address}
      more={{
        title: 'By time, object or family',
        names: ['from', 'to', 'aggregate', 'aggregateId', 'family'],
        fields: (
          <>
            <InstantField label="From" value={get('from')} hint="" onInstant={(from) => set({ from })} />
            <InstantField label="Before" value={get('to')} hint="" onInstant={(to) => set({ to })} />
            <SelectField
              label="Object"
              value={get('aggregate') ?? ''}
              options={[['', 'Anything'], ...aggregates.map((one) => [one, aggregateWords(one)] as const)]}
              onChange={({ target }) => set({ aggregate: target.value })}
            />
            <TypedField
              label="Its id"
              placeholder="Of an entry, for example"
              value={get('aggregateId') ?? ''}
              problem={problems.aggregateId}
              onText={(aggregateId) => set({ aggregateId })}
            />
            <FamilyIdField
              value={get('family')}
              hint=""
              problem={problems.family}
              onFamily={(family) => set({ family })}
              typed={
                <TypedField
                  label="Family"
                  placeholder="Its id"
                  value={get('family') ?? ''}
                  problem={problems.family}
                  onText={(family) => set({ family })}
                />
              }
            />
          </>
        ),
      }}
    >
      <SelectField
        label="Type"
        problem={problems.type}
        value={get('type') ?? ''}
        options={[['', 'Any'], ...types.map((type) => [type, type] as const)]}
        onChange={({ target }) => set({ type: target.value })}
      />
      <SelectField
        label="State"
        value={get('state') ?? ''}
        options={[['', 'Any'], ...STATES.map((state) => [state, EVENT_STATE[state].text] as const)]}
        onChange={({ target }) => set({ state: target.value })}
      />
    </Filters>
  );
}

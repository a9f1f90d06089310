/** The filters of the audit trail; each is kept in the address, so that a view can be shared. */

import { useId } from 'react';
import { useViewer } from '../access/viewer.tsx';
import { FamilyIdField } from '../families/family-field.tsx';
import { InstantField, SelectField, TypedField } from '../ui/field.tsx';
import { Filters, type ListAddress } from '../ui/filters.tsx';
import type { AuditAsked, FilterName } from './audit-address.rules.ts';
import { TARGETS } from './audit-words.rules.ts';

interface FiltersProps {
  readonly address: ListAddress;
  readonly problems: AuditAsked['problems'];
}

const TARGET_OPTIONS = [
  ['', 'Anything'],
  ...Object.entries(TARGETS).map(([type, { text }]) => [type, text] as const),
] as const;
/** Collapsed unless one of them is used. */
const MORE: readonly FilterName[] = ['from', 'to', 'targetId', 'family', 'request'];
const OUTCOME_OPTIONS = [
  ['', 'Any'],
  ['DONE', 'Done'],
  ['DENIED', 'Denied'],
] as const;

export function AuditFilters({ address, problems }: FiltersProps) {
  const { operations } = useViewer();
  const actions = useId();
  const get = (name: FilterName): string => address.get(name) ?? '';
  const text = (name: FilterName) => ({
    value: get(name),
    problem: problems[name],
    onText: (value: string) => address.set({ [name]: value }),
  });
  return (
    <Filters
      address={address}
      more={{
        title: 'By time, id, family or request',
        names: MORE,
        fields: (
          <>
            <InstantField label="From" value={get('from') || undefined} onInstant={(from) => address.set({ from })} />
            <InstantField
              label="Before"
              problem={problems.to}
              value={get('to') || undefined}
              onInstant={(to) => address.set({ to })}
            />
            <TypedField label="Id of what" placeholder="Whole id or name" {...text('targetId')} />
            <FamilyIdField
              value={get('family') || undefined}
              hint=""
              problem={problems.family}
              onFamily={(family) => address.set({ family })}
              typed={<TypedField label="Family" placeholder="Its id" {...text('family')} />}
            />
            <TypedField label="Request" placeholder="Its id" {...text('request')} />
          </>
        ),
      }}
    >
      <TypedField label="Who" placeholder="Begins with" {...text('actor')} />
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
        onChange={({ target }) => address.set({ target: target.value })}
      />
      <SelectField
        label="Outcome"
        options={OUTCOME_OPTIONS}
        value={get('outcome')}
        onChange={({ target }) => address.set({ outcome: target.value })}
      />
    </Filters>
  );
}

/** Finds a family by part of its name: a combobox with the matching families below it. */

import { X } from 'lucide-react';
import { type KeyboardEvent, type ReactNode, useEffect, useId, useState } from 'react';
import { useQuery } from 'urql';
import { usePermission } from '../access/viewer.tsx';
import { graphql } from '../graphql/graphql.ts';
import { useLiveQuery } from '../live/use-live.ts';
import { Field } from '../ui/field.tsx';
import { useSettled } from '../ui/focus.ts';

const FindFamilies = graphql(`
  query FindFamilies($search: String) {
    families(first: 20, search: $search) {
      nodes { id familyId name createdAt }
      pageInfo { hasNextPage }
    }
  }
`);

export interface FamilyChoice {
  readonly familyId: string;
  readonly name: string;
}

interface FamilyFieldProps {
  readonly value: FamilyChoice | undefined;
  readonly onChoose: (family: FamilyChoice) => void;
  /** Set when the family is optional. */
  readonly onClear?: (() => void) | undefined;
  readonly problem?: string | undefined;
  readonly label?: string;
  readonly hint?: string | undefined;
  /** Selects the family automatically when there is only one. */
  readonly isOnlyOneChosen?: boolean;
}

export function FamilyField({
  value,
  onChoose,
  onClear,
  problem,
  label = 'Family',
  hint = 'Type part of the name.',
  isOnlyOneChosen = false,
}: FamilyFieldProps) {
  const { isAllowed, reason } = usePermission('families');
  const listId = useId();
  const [text, setText] = useState<string>();
  const [active, setActive] = useState(0);
  const isOpen = text !== undefined;
  const search = useSettled(text ?? '');
  const [{ data, error, fetching }] = useQuery({
    query: FindFamilies,
    variables: { search: search === '' ? null : search },
    pause: !isAllowed || (!isOpen && !isOnlyOneChosen),
  });
  const found = data?.families?.nodes ?? [];
  // Until the query for the current text has returned, the list belongs to the previous text.
  const isFound = search === (text ?? '') && !fetching;
  const only = search === '' && found.length === 1 ? found[0] : undefined;
  useEffect(() => {
    if (isOnlyOneChosen && value === undefined && only !== undefined) onChoose(only);
  }, [isOnlyOneChosen, value, only, onChoose]);

  useEffect(() => {
    if (isOpen) document.getElementById(`${listId}-${active}`)?.scrollIntoView({ block: 'nearest' });
  }, [isOpen, active, listId]);

  const choose = (family: FamilyChoice | undefined): void => {
    if (family !== undefined) onChoose(family);
    setText(undefined);
    setActive(0);
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    const { key } = event;
    if (key === 'ArrowDown' || key === 'ArrowUp') {
      event.preventDefault();
      const by = key === 'ArrowDown' ? 1 : -1;
      if (isOpen) setActive((at) => Math.max(0, Math.min(found.length - 1, at + by)));
      else setText('');
    } else if (key === 'Enter' && isOpen) {
      event.preventDefault();
      if (isFound) choose(found[active]);
    } else if (key === 'Escape' && isOpen) {
      event.preventDefault();
      choose(undefined);
    }
  };

  return (
    <div className="relative min-w-0">
      <Field label={label} problem={problem} hint={isAllowed ? hint : reason}>
        {(tied) => (
          <input
            {...tied}
            type="text"
            disabled={!isAllowed}
            role="combobox"
            aria-expanded={isOpen}
            aria-controls={listId}
            aria-autocomplete="list"
            aria-activedescendant={isOpen && isFound && found[active] !== undefined ? `${listId}-${active}` : undefined}
            autoComplete="off"
            placeholder="Find a family"
            value={text ?? value?.name ?? ''}
            onChange={({ target }) => {
              setText(target.value);
              setActive(0);
            }}
            onFocus={({ target }) => target.select()}
            onClick={() => setText((before) => before ?? '')}
            onBlur={() => choose(undefined)}
            onKeyDown={onKeyDown}
            className="h-8 w-full min-w-0 rounded-md border border-line-strong bg-panel px-2.5 text-text aria-invalid:border-bad disabled:opacity-60"
          />
        )}
      </Field>
      {onClear !== undefined && value !== undefined && !isOpen && (
        <button
          type="button"
          aria-label={`Clear ${value.name}`}
          onClick={onClear}
          className="absolute top-7 right-1 rounded bg-panel p-1 text-muted hover:text-text"
        >
          <X className="size-4" />
        </button>
      )}
      {isOpen && (
        <div className="absolute top-15 z-20 max-h-64 w-full overflow-y-auto rounded-lg border bg-panel p-1 shadow-xl">
          <div id={listId} role="listbox" aria-label="Families">
            {found.map((family, index) => (
              // biome-ignore lint/a11y/useKeyWithClickEvents: the keys are the text field's, which keeps the focus.
              <div
                key={family.id}
                id={`${listId}-${index}`}
                role="option"
                tabIndex={-1}
                aria-selected={index === active}
                // Keeps the focus in the text field, whose blur handler would close the list before the click.
                onMouseDown={(event) => event.preventDefault()}
                onClick={() => choose(family)}
                onMouseEnter={() => setActive(index)}
                className={`cursor-pointer rounded-md px-2 py-1.5 ${index === active ? 'bg-raised' : ''}`}
              >
                <span className="block truncate">{family.name}</span>
                <span className="block truncate font-mono text-xs text-muted">{family.familyId}</span>
              </div>
            ))}
          </div>
          {found.length === 0 && (
            <p className="px-2 py-1.5 text-muted">
              {error !== undefined
                ? 'The families could not be loaded.'
                : !isFound
                  ? 'Looking …'
                  : 'No family matches.'}
            </p>
          )}
          {data?.families?.pageInfo.hasNextPage === true && (
            <p className="px-2 py-1.5 text-sm text-muted">More families match: type more of the name.</p>
          )}
        </div>
      )}
    </div>
  );
}

/* The name of a family by its id. */

const FamilyName = graphql(`query FamilyName($familyId: UUID!) { family(familyId: $familyId) { id familyId name } }`);

/** The name of the family to filter by, or its id while the name is unknown. */
export function useFamilyName(familyId: string | undefined): string | undefined {
  const { isAllowed } = usePermission('family');
  const { data } = useLiveQuery({
    query: FamilyName,
    variables: { familyId: familyId ?? '' },
    isPaused: familyId === undefined || !isAllowed,
  });
  if (familyId === undefined) return undefined;
  return data?.family?.familyId === familyId ? data.family.name : familyId;
}

/* A family chosen by name and stored by id; viewers who may not list families enter the id. */

interface FamilyIdFieldProps {
  /** Undefined: none. */
  readonly value: string | undefined;
  readonly onFamily: (familyId: string | undefined) => void;
  readonly label?: string;
  readonly hint?: string | undefined;
  readonly problem?: string | undefined;
  /** The field shown instead to viewers who may not list families. */
  readonly typed: ReactNode;
}

export function FamilyIdField({ value, onFamily, typed, ...rest }: FamilyIdFieldProps) {
  const name = useFamilyName(value);
  if (!usePermission('families').isAllowed) return typed;
  return (
    <FamilyField
      {...rest}
      value={value === undefined ? undefined : { familyId: value, name: name ?? value }}
      onChoose={({ familyId }) => onFamily(familyId)}
      onClear={() => onFamily(undefined)}
    />
  );
}

/** Finds a family by part of its name: a field with a list below it, gone through by the arrow keys. */
import { type KeyboardEvent, useEffect, useId, useState } from 'react';
import { usePermission } from '../../access/viewer.tsx';
import { graphql } from '../../graphql/graphql.ts';
import { useLiveQuery } from '../../live/use-live.ts';
import { TextField } from '../../ui/field.tsx';

const FamilySearch = graphql(`
  query FamilySearch($search: String) {
    families(first: 8, search: $search) { nodes { id familyId name } }
  }
`);
const FamilyName = graphql(`query FamilyName($familyId: UUID!) { family(familyId: $familyId) { id familyId name } }`);

/** The name of the family that is filtered by; its id while nobody knows better. */
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

const SETTLED_MS = 200;

export function FamilyPicker({ onChoose }: { readonly onChoose: (familyId: string) => void }) {
  const { isAllowed, reason } = usePermission('families');
  const [text, setText] = useState('');
  const [search, setSearch] = useState('');
  const [isOpen, setOpen] = useState(false);
  const [at, setAt] = useState(0);
  const id = useId();
  useEffect(() => {
    const timer = setTimeout(() => setSearch(text.trim()), SETTLED_MS);
    return () => clearTimeout(timer);
  }, [text]);
  const { data, isRefreshing } = useLiveQuery({
    query: FamilySearch,
    variables: { search: search === '' ? null : search },
    isPaused: !isOpen || !isAllowed,
  });
  const found = isOpen ? (data?.families?.nodes ?? []) : [];
  const choose = (familyId: string | undefined): void => {
    if (familyId === undefined) return;
    setText('');
    setOpen(false);
    onChoose(familyId);
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.key === 'ArrowDown') {
      setOpen(true);
      setAt(Math.min(at + 1, found.length - 1));
    } else if (event.key === 'ArrowUp') setAt(Math.max(at - 1, 0));
    else if (event.key === 'Enter') choose(found[at]?.familyId);
    else if (event.key === 'Escape') setOpen(false);
    else return;
    event.preventDefault();
  };
  return (
    <div className="relative">
      <TextField
        label="Family"
        placeholder="Part of its name"
        hint={isAllowed ? undefined : reason}
        disabled={!isAllowed}
        role="combobox"
        aria-expanded={isOpen}
        aria-controls={`${id}-list`}
        aria-autocomplete="list"
        aria-activedescendant={found[at] === undefined ? undefined : `${id}-${at}`}
        value={text}
        onFocus={() => setOpen(true)}
        onBlur={() => setOpen(false)}
        onKeyDown={onKeyDown}
        onChange={({ target }) => {
          setText(target.value);
          setOpen(true);
          setAt(0);
        }}
      />
      <div
        id={`${id}-list`}
        role="listbox"
        aria-label="Families found"
        hidden={!isOpen}
        className="absolute inset-x-0 top-full z-20 mt-1 max-h-72 overflow-y-auto rounded-lg border bg-panel p-1 shadow-xl"
      >
        {found.map(({ familyId, name }, index) => (
          // The list is gone through in its field; the pointer may take one as well.
          // biome-ignore lint/a11y/useFocusableInteractive: the field keeps the focus and names the one that is meant.
          <div
            key={familyId}
            id={`${id}-${index}`}
            role="option"
            aria-selected={index === at}
            onMouseDown={(event) => {
              event.preventDefault();
              choose(familyId);
            }}
            className={`cursor-pointer truncate rounded-md px-2 py-1.5 hover:bg-raised ${index === at ? 'bg-raised' : ''}`}
          >
            {name}
          </div>
        ))}
        {found.length === 0 && (
          <p className="px-2 py-1.5 text-muted">{isRefreshing ? 'Looking …' : 'No family has this in its name.'}</p>
        )}
      </div>
    </div>
  );
}

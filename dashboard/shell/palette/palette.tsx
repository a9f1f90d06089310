/**
 * Finds entries, families and runs, and runs commands by keyboard. Loaded when it is first opened.
 */

import { Command } from 'cmdk';
import { ArrowLeft, Search } from 'lucide-react';
import { useEffect, useId, useRef, useState } from 'react';
import { useLocation } from 'wouter';
import { usePermissions, useViewer } from '../../access/viewer.tsx';
import { HelpSheet } from '../help-sheet.tsx';
import { itemsOf } from './entry-items.ts';
import type { Does, FoundEntry, Item } from './item.ts';
import { cmdkValueOf, Doing, PaletteFrame, PaletteItem } from './palette-frame.tsx';
import { ranked } from './rank.rules.ts';
import { useGroups } from './use-groups.ts';

export default function Palette({ onClose }: { readonly onClose: () => void }) {
  const [chosen, setChosen] = useState<Does>();
  const [, go] = useLocation();
  const choose = (does: Does): void => {
    if (does.kind === 'act' || does.kind === 'help') {
      setChosen(does);
      return;
    }
    onClose();
    if (does.kind === 'go') go(does.href);
    else if (does.kind === 'entry') go(`/queue/${does.entry.entryId}`);
    else if (does.kind === 'leave') window.location.assign(does.href);
    else if (does.kind === 'run') does.run();
  };
  if (chosen?.kind === 'act') return <Doing what={chosen} onClose={onClose} />;
  if (chosen?.kind === 'help') return <HelpSheet onClose={onClose} />;
  return (
    <PaletteFrame onClose={onClose}>
      <Finder onChoose={choose} />
    </PaletteFrame>
  );
}

const LABEL = 'Find an entry or an action';

function Finder({ onChoose }: { readonly onChoose: (does: Does) => void }) {
  const [typed, setTyped] = useState('');
  const [entry, setEntry] = useState<FoundEntry>();
  const may = usePermissions();
  const viewer = useViewer();
  const { groups, isLooking } = useGroups(entry === undefined ? typed : '', may, viewer);
  const shown =
    entry === undefined ? groups : [{ heading: entry.username, items: ranked(itemsOf(entry, may, false), typed) }];
  const isEmpty = shown.every(({ items }) => items.length === 0);

  // Results that arrive late may come first: select the first item, unless the user has moved the selection.
  const first = shown.flatMap(({ items }) => items)[0]?.id;
  const root = useRef<HTMLDivElement>(null);
  const hint = useId();
  const hasMoved = useRef(false);
  // biome-ignore lint/correctness/useExhaustiveDependencies: another one stands first.
  useEffect(() => {
    // The only way to select an item in cmdk that screen readers announce as well.
    if (!hasMoved.current) root.current?.dispatchEvent(new KeyboardEvent('keydown', { key: 'Home', bubbles: true }));
  }, [first]);
  const entryId = entry?.entryId;
  // biome-ignore lint/correctness/useExhaustiveDependencies: the field is another one then.
  useEffect(() => root.current?.querySelector('input')?.focus(), [entryId]);
  const move = (): void => {
    hasMoved.current = true;
  };
  const type = (text: string): void => {
    hasMoved.current = false;
    setTyped(text);
  };
  const back = (): void => {
    setEntry(undefined);
    type('');
  };

  const select = (item: Item): void => {
    if (item.disabledBecause === undefined) onChoose(item.does);
  };
  const hasEntries = shown.some(({ items }) => items.some(({ does }) => does.kind === 'entry'));
  /** Shows the commands for the selected entry; returns false when no entry is selected. */
  const goOn = (): boolean => {
    const marked = root.current?.querySelector('[cmdk-item][data-selected=true]')?.getAttribute('data-value');
    const items = shown.flatMap(({ heading, items: of }) =>
      of.map((item) => ({ item, value: cmdkValueOf(item, heading) })),
    );
    const does = items.find(({ value }) => value === marked)?.item.does;
    if (does?.kind !== 'entry') return false;
    setEntry(does.entry);
    type('');
    return true;
  };
  return (
    <Command
      key={entryId}
      label={LABEL}
      shouldFilter={false}
      loop
      className="flex max-h-[inherit] min-h-0 flex-col"
      ref={root}
      onPointerMove={move}
      onKeyDown={(event) => {
        if (event.isTrusted && (/^(Arrow|Home|End)/.test(event.key) || event.ctrlKey)) move();
        if (event.key === 'ArrowRight' && isAtEnd(event.target) && goOn()) event.preventDefault();
        if (event.key !== 'Backspace' || typed !== '' || entry === undefined) return;
        event.preventDefault();
        back();
      }}
    >
      <div className="flex items-center gap-2 border-b px-3">
        {entry === undefined ? (
          <Search aria-hidden className="size-4 shrink-0 text-muted" />
        ) : (
          <button type="button" aria-label="Back" onClick={back} className="rounded p-1 text-muted hover:bg-raised">
            <ArrowLeft className="size-4" />
          </button>
        )}
        <Command.Input
          value={typed}
          aria-describedby={hasEntries ? hint : undefined}
          onValueChange={type}
          placeholder={
            entry === undefined ? 'Username, id, family, page or action' : `What to do with ${entry.username}`
          }
          className="h-12 min-w-0 flex-1 bg-transparent text-base outline-none"
        />
      </div>
      <Command.List label="Results" className="min-h-0 flex-1 overflow-y-auto overscroll-contain p-2">
        {shown.map(
          ({ heading, items }) =>
            items.length > 0 && (
              <Command.Group
                key={heading}
                heading={heading}
                className="mb-1 [&_[cmdk-group-heading]]:px-2 [&_[cmdk-group-heading]]:py-1 [&_[cmdk-group-heading]]:text-xs [&_[cmdk-group-heading]]:font-medium [&_[cmdk-group-heading]]:text-muted"
              >
                {items.map((item) => (
                  <PaletteItem key={item.id} item={item} within={heading} onSelect={() => select(item)} />
                ))}
              </Command.Group>
            ),
        )}
      </Command.List>
      <p role="status" className={isEmpty ? 'px-4 pb-4 text-center text-muted' : 'sr-only'}>
        {!isEmpty
          ? ''
          : isLooking
            ? 'Looking …'
            : 'No results. Search by the start of a username or by a whole id. Full names are not searched: find the family, then its entries.'}
      </p>
      {hasEntries && (
        <p id={hint} className="border-t px-4 py-2 text-sm text-muted">
          Enter opens an entry, <kbd aria-label="arrow right">→</kbd> shows what can be done to it.
        </p>
      )}
    </Command>
  );
}

/** Whether the cursor is at the end of the text, where the right arrow has no effect in the field. */
const isAtEnd = (field: EventTarget): boolean =>
  field instanceof HTMLInputElement &&
  field.selectionStart === field.value.length &&
  field.selectionEnd === field.value.length;

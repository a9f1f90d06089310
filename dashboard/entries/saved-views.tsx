/** A menu of saved views; the viewer's own views are stored in this browser. */

import { Bookmark, BookmarkPlus, Check, Pencil, Trash2 } from 'lucide-react';
import { type FormEvent, useState } from 'react';
import { useLocation } from 'wouter';
import { Button } from '../ui/button.tsx';
import { Dialog } from '../ui/dialog.tsx';
import { TextField } from '../ui/field.tsx';
import { Menu, MenuItem, MenuLine } from '../ui/menu.tsx';
import { toast } from '../ui/toasts.tsx';
import { keepViews, ownViews, useOwnViews } from './kept-list.ts';
import { isFiltered, type QueueView } from './queue-filter.rules.ts';
import { BUILT_IN, isShown, type NamedView, problemOfName, renamed, without, withView } from './views.rules.ts';

interface SavedViewsProps {
  readonly view: QueueView;
  readonly isSaving: boolean;
  readonly onSave: (isSaving: boolean) => void;
}

export function SavedViews({ view, isSaving, onSave }: SavedViewsProps) {
  const mine = useOwnViews();
  const [, go] = useLocation();
  const [renaming, setRenaming] = useState<string>();
  const shown = [...BUILT_IN, ...mine].find((one) => isShown(one, view));
  const own = mine.find((one) => one === shown);
  const itemOf = (one: NamedView) => (
    <MenuItem key={one.name} icon={one === shown ? Check : undefined} onSelect={() => go(`/queue?${one.address}`)}>
      {one.name}
    </MenuItem>
  );
  return (
    <>
      <Menu
        trigger={
          <Button icon={Bookmark} aria-label={shown === undefined ? 'Views' : `View: ${shown.name}`}>
            <span className="max-w-40 truncate max-sm:hidden">{shown?.name ?? 'Views'}</span>
          </Button>
        }
      >
        {BUILT_IN.map(itemOf)}
        {mine.length > 0 && <MenuLine />}
        {mine.map(itemOf)}
        <MenuLine />
        <MenuItem
          icon={BookmarkPlus}
          disabledBecause={
            shown !== undefined ? 'This view is already saved.' : isFiltered(view) ? undefined : 'Set a filter first.'
          }
          onSelect={() => onSave(true)}
        >
          Save this view
        </MenuItem>
        {own !== undefined && (
          <>
            <MenuItem icon={Pencil} onSelect={() => setRenaming(own.name)}>
              Rename {own.name}
            </MenuItem>
            <MenuItem
              icon={Trash2}
              isDanger
              onSelect={() => {
                keepViews(without(ownViews(), own.name));
                toast(`The view ${own.name} is deleted.`, 'good', {
                  label: 'Undo',
                  run: () => keepViews([...ownViews(), own]),
                });
              }}
            >
              Delete {own.name}
            </MenuItem>
          </>
        )}
      </Menu>
      {isSaving && (
        <NameDialog
          title="Save this view"
          onName={(name) => keepViews(withView(ownViews(), name, view))}
          onClose={() => onSave(false)}
        />
      )}
      {renaming !== undefined && (
        <NameDialog
          title={`Rename ${renaming}`}
          before={renaming}
          onName={(name) => keepViews(renamed(ownViews(), renaming, name))}
          onClose={() => setRenaming(undefined)}
        />
      )}
    </>
  );
}

interface NameDialogProps {
  readonly title: string;
  readonly before?: string;
  readonly onName: (name: string) => void;
  readonly onClose: () => void;
}

function NameDialog({ title, before, onName, onClose }: NameDialogProps) {
  const [name, setName] = useState(before ?? '');
  const [problem, setProblem] = useState<string>();
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    const found = problemOfName(name, ownViews(), before);
    setProblem(found);
    if (found !== undefined) return;
    onName(name);
    onClose();
  };
  return (
    <Dialog title={title} onClose={onClose}>
      <form onSubmit={submit} noValidate className="grid gap-4">
        <TextField
          label="Name"
          hint="Filters and order are saved in this browser."
          problem={problem}
          value={name}
          onChange={({ target }) => setName(target.value)}
        />
        <div className="flex justify-end gap-2">
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" kind="primary">
            {before === undefined ? 'Save' : 'Rename'}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}

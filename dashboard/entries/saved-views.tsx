/** Saved views as links in a row; the viewer's own views are stored in this browser. */

import { BookmarkPlus, Ellipsis, Pencil, Trash2 } from 'lucide-react';
import { type FormEvent, useState } from 'react';
import { Link } from 'wouter';
import { Button } from '../ui/button.tsx';
import { Dialog } from '../ui/dialog.tsx';
import { TextField } from '../ui/field.tsx';
import { Menu, MenuItem } from '../ui/menu.tsx';
import { toast } from '../ui/toasts.tsx';
import { keepViews, ownViews, useOwnViews } from './kept-list.ts';
import type { QueueView } from './queue-filter.rules.ts';
import { BUILT_IN, isShown, type NamedView, problemOfName, renamed, without, withView } from './views.rules.ts';

interface SavedViewsProps {
  readonly view: QueueView;
  readonly isSaving: boolean;
  readonly onSave: (isSaving: boolean) => void;
}

export function SavedViews({ view, isSaving, onSave }: SavedViewsProps) {
  const mine = useOwnViews();
  const [renaming, setRenaming] = useState<string>();
  const isKnown = [...BUILT_IN, ...mine].some((one) => isShown(one, view));
  return (
    <nav
      aria-label="Views"
      className="-mx-1 flex items-center gap-1 p-1 max-sm:overflow-x-auto max-sm:[scrollbar-width:none] sm:flex-wrap"
    >
      {BUILT_IN.map((one) => (
        <ViewLink key={one.name} of={one} isCurrent={isShown(one, view)} />
      ))}
      {mine.length > 0 && <span aria-hidden className="mx-1 h-5 w-px shrink-0 bg-line" />}
      {mine.map((one) => (
        <span key={one.name} className="inline-flex items-center">
          <ViewLink of={one} isCurrent={isShown(one, view)} />
          <Menu
            trigger={
              <button
                type="button"
                aria-label={`Change the view ${one.name}`}
                className="rounded-md p-1 text-muted hover:bg-raised hover:text-text"
              >
                <Ellipsis className="size-4" />
              </button>
            }
          >
            <MenuItem icon={Pencil} onSelect={() => setRenaming(one.name)}>
              Rename
            </MenuItem>
            <MenuItem
              icon={Trash2}
              isDanger
              onSelect={() => {
                keepViews(without(ownViews(), one.name));
                toast(`The view ${one.name} is deleted.`, 'good', {
                  label: 'Undo',
                  run: () => keepViews([...ownViews(), one]),
                });
              }}
            >
              Delete
            </MenuItem>
          </Menu>
        </span>
      ))}
      <Button
        kind="ghost"
        isSmall
        icon={BookmarkPlus}
        disabledBecause={isKnown ? 'This view is already saved.' : undefined}
        onClick={() => onSave(true)}
      >
        Save view
      </Button>
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
    </nav>
  );
}

const ViewLink = ({ of: { name, address }, isCurrent }: { readonly of: NamedView; readonly isCurrent: boolean }) => (
  <Link
    href={address === '' ? '/queue' : `/queue?${address}`}
    aria-current={isCurrent ? 'page' : undefined}
    className={`inline-flex h-7 items-center rounded-full border px-3 whitespace-nowrap ${
      isCurrent ? 'border-accent bg-accent-soft font-medium text-accent' : 'bg-panel hover:bg-raised'
    }`}
  >
    {name}
  </Link>
);

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

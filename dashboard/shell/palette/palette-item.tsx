/** One line of the palette; one that cannot be done now says why. */
import { Command } from 'cmdk';
import type { Item } from './item.ts';

interface ItemProps {
  readonly item: Item;
  /** Its group: cmdk takes the same value in another group for the same element. */
  readonly within: string;
  readonly onSelect: () => void;
}

/** What cmdk tells it apart by. */
export const cmdkValueOf = ({ id }: Item, within: string): string => `${within} ${id}`;

// Not disabled for cmdk: the arrow keys would pass over it, and nobody without a pointer would hear why.
export const PaletteItem = ({ item, within, onSelect }: ItemProps) => {
  const { title, detail, note, icon: Icon, disabledBecause } = item;
  return (
    <Command.Item
      value={cmdkValueOf(item, within)}
      onSelect={onSelect}
      className={`flex items-start gap-2.5 rounded-md px-2 py-1.5 data-[selected=true]:bg-accent-soft ${
        disabledBecause === undefined ? 'cursor-pointer' : 'cursor-not-allowed text-muted'
      }`}
    >
      <Icon aria-hidden className="mt-0.5 size-4 shrink-0 text-muted" />
      <span className="min-w-0 flex-1">
        <span className="block break-words">{title}</span>
        {detail !== undefined && <span className="line-clamp-2 text-sm break-words text-muted">{detail}</span>}
        {disabledBecause !== undefined && <span className="block text-xs">{disabledBecause}</span>}
      </span>
      {note !== undefined && <span className="max-w-1/2 truncate text-sm text-muted">{note}</span>}
    </Command.Item>
  );
};

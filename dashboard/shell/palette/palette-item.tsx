/** One line of the palette; a disabled one shows the reason. */
import { Command } from 'cmdk';
import type { Item } from './item.ts';

interface ItemProps {
  readonly item: Item;
  /** Its group. It makes the value unique: cmdk treats equal values in two groups as one element. */
  readonly within: string;
  readonly onSelect: () => void;
}

/** The value by which cmdk identifies an item. */
export const cmdkValueOf = ({ id }: Item, within: string): string => `${within} ${id}`;

// Not disabled in cmdk: the arrow keys would skip it, and keyboard users would never learn the reason.
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

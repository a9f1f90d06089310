/** Downloads all entries that the list's filter matches, not only the loaded ones, in the list's order. */
import { Download } from 'lucide-react';
import { type EntryFilter, orderOf, type QueueView } from '../../entries/queue-filter.rules.ts';
import { IconButton } from '../../ui/button.tsx';
import { Menu, MenuItem } from '../../ui/menu.tsx';

const FORMATS = [
  ['csv', 'CSV, for spreadsheets'],
  ['jsonl', 'JSON lines, for programs'],
] as const;

function download(format: string, filter: EntryFilter, view: QueueView): void {
  const parameters = { format, filter: JSON.stringify(filter), orderBy: JSON.stringify(orderOf(view)) };
  const link = document.createElement('a');
  link.href = `/queue/export?${new URLSearchParams(parameters)}`;
  // With this attribute a refusal is a failed download, and does not replace the page.
  link.download = '';
  link.click();
}

export const DownloadMenu = ({ filter, view }: { readonly filter: EntryFilter; readonly view: QueueView }) => (
  <Menu trigger={<IconButton icon={Download} label="Download the entries" />}>
    {FORMATS.map(([format, words]) => (
      <MenuItem key={format} onSelect={() => download(format, filter, view)}>
        {words}
      </MenuItem>
    ))}
  </Menu>
);

/** The keyboard shortcuts that work on the current page. */

import { useState } from 'react';
import { Button } from '../ui/button.tsx';
import { Dialog } from '../ui/dialog.tsx';
import { prefer, usePreferences } from '../ui/preferences.ts';
import { hasRows } from '../ui/table.tsx';
import { useShortcuts } from './shortcuts.ts';

/** For pages with rows that can be opened. */
export const TABLES = 'Tables';
const IN_TABLES = [
  { keys: 'k', does: 'Row before', place: TABLES },
  { keys: 'Enter', does: 'Open the row', place: TABLES },
] as const;

const isMac = /Mac|iPhone|iPad/.test(navigator.userAgent);
const NAMES: Readonly<Record<string, string>> = { mod: isMac ? '⌘' : 'Ctrl', shift: 'Shift' };

export function HelpSheet({ onClose }: { readonly onClose: () => void }) {
  const [isTableHere] = useState(hasRows);
  const shortcuts = [...useShortcuts(), ...IN_TABLES].filter(({ place }) => place !== TABLES || isTableHere);
  const { keys } = usePreferences();
  const isOn = keys === 'on';
  const places = [...new Set(shortcuts.map(({ place }) => place))];
  return (
    <Dialog title="Keyboard shortcuts" onClose={onClose} isWide>
      <div className="gap-x-10 sm:columns-2">
        {places.map((place) => (
          <section key={place} aria-label={place} className="mb-5 break-inside-avoid">
            <h3 className="mb-1 font-medium text-muted">{place}</h3>
            <dl className="grid gap-1">
              {shortcuts
                .filter((one) => one.place === place)
                .map(({ keys, does }) => (
                  <div key={keys} className="flex items-center justify-between gap-4">
                    <dt>{does}</dt>
                    <dd>
                      <Keys of={keys} />
                    </dd>
                  </div>
                ))}
            </dl>
          </section>
        ))}
      </div>
      <footer className="flex flex-wrap items-center justify-between gap-3 border-t pt-4">
        <p className="min-w-0 flex-1 basis-64 text-muted">
          {isOn
            ? 'Single-key shortcuts can be turned off, for example for speech input.'
            : 'Single-key shortcuts are off, except on a focused table row.'}
        </p>
        <Button isSmall onClick={() => prefer({ keys: isOn ? 'off' : 'on' })}>
          {isOn ? 'Turn them off' : 'Turn them on'}
        </Button>
      </footer>
    </Dialog>
  );
}

/** "g q" as two keys, "mod+k" as ⌘K or Ctrl K. */
export const Keys = ({ of }: { readonly of: string }) => (
  <span className="inline-flex gap-1">
    {of.split(/[ +]/).map((key) => (
      <kbd key={key} className="min-w-5 rounded border bg-raised px-1 text-center font-sans text-xs">
        {NAMES[key] ?? (key.length === 1 ? key.toUpperCase() : key)}
      </kbd>
    ))}
  </span>
);

/** What this browser keeps: how the pages look, saved views of the queue, and recently opened entries. */

import { useState } from 'react';
import { Link } from 'wouter';
import { keepViews, useOwnViews } from '../entries/kept-list.ts';
import { forgetRecentEntries, recentEntries } from '../shell/recent-entries.ts';
import { Button } from '../ui/button.tsx';
import { Card } from '../ui/card.tsx';
import { SelectField } from '../ui/field.tsx';
import { type Preferences, prefer, THEMES, TIMES, usePreferences, ZONES } from '../ui/preferences.ts';
import { toast } from '../ui/toasts.tsx';
import { counted } from '../ui/words.ts';

const DENSITIES = [
  ['roomy', 'Roomy'],
  ['dense', 'Dense'],
] as const;
const KEYS = [
  ['on', 'On'],
  ['off', 'Off: only those with Ctrl or ⌘'],
] as const;

function PreferenceFields() {
  const { theme, zone, density, times, keys } = usePreferences();
  return (
    <div className="grid gap-4 sm:grid-cols-2">
      <SelectField
        label="Theme"
        options={THEMES}
        value={theme}
        onChange={({ target }) => prefer({ theme: target.value as Preferences['theme'] })}
      />
      <SelectField
        label="Times in"
        options={ZONES}
        value={zone}
        onChange={({ target }) => prefer({ zone: target.value as Preferences['zone'] })}
      />
      <SelectField
        label="Times"
        options={TIMES}
        value={times}
        onChange={({ target }) => prefer({ times: target.value as Preferences['times'] })}
      />
      <SelectField
        label="Single-key shortcuts"
        options={KEYS}
        value={keys}
        onChange={({ target }) => prefer({ keys: target.value as Preferences['keys'] })}
      />
      <SelectField
        label="Rows of tables"
        options={DENSITIES}
        value={density}
        onChange={({ target }) => prefer({ density: target.value as Preferences['density'] })}
      />
    </div>
  );
}

export function BrowserCard() {
  const views = useOwnViews();
  const [recent, setRecent] = useState(recentEntries);
  const clearViews = (): void => {
    const before = views;
    keepViews([]);
    toast('Your views were deleted.', 'info', { label: 'Undo', run: () => keepViews(before) });
  };
  return (
    <Card title="This browser" hint="Stored here only; the server does not know it.">
      <div className="grid gap-4">
        <PreferenceFields />
        <section aria-label="Saved views" className="flex flex-wrap items-start justify-between gap-3">
          <div className="min-w-0 flex-1">
            <p className="font-medium">Saved views of the queue</p>
            {views.length === 0 ? (
              <p className="text-muted">None. Save a filter on the queue page.</p>
            ) : (
              <ul className="mt-1 flex flex-wrap gap-x-4 gap-y-1">
                {views.map(({ name, address }) => (
                  <li key={name} className="min-w-0 break-words">
                    <Link href={`/queue?${address}`} className="text-accent hover:underline">
                      {name}
                    </Link>
                  </li>
                ))}
              </ul>
            )}
          </div>
          <Button isSmall disabledBecause={views.length === 0 ? 'There is none.' : undefined} onClick={clearViews}>
            Clear the views
          </Button>
        </section>
        <section aria-label="Recent entries" className="flex flex-wrap items-start justify-between gap-3">
          <div className="min-w-0 flex-1">
            <p className="font-medium">Recently opened entries</p>
            <p className="text-muted">
              {recent.length === 0
                ? 'None.'
                : `${counted(recent.length, 'id', 'ids')}, so that the command palette can begin with them.`}
            </p>
          </div>
          <Button
            isSmall
            disabledBecause={recent.length === 0 ? 'There is none.' : undefined}
            onClick={() => {
              forgetRecentEntries();
              setRecent([]);
            }}
          >
            Clear
          </Button>
        </section>
      </div>
    </Card>
  );
}

/** Preferences for how these pages look in this browser. */
import { Card } from '../../ui/card.tsx';
import { SelectField } from '../../ui/field.tsx';
import { type Preferences, prefer, THEMES, TIMES, usePreferences, ZONES } from '../../ui/preferences.ts';

const DENSITIES = [
  ['roomy', 'Roomy'],
  ['dense', 'Dense'],
] as const;
const KEYS = [
  ['on', 'On'],
  ['off', 'Off: only those with Ctrl or ⌘'],
] as const;

export function ViewCard() {
  const { theme, zone, density, times, keys } = usePreferences();
  return (
    <Card title="View" hint="Saved in this browser only.">
      <div className="grid gap-4 sm:grid-cols-3">
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
    </Card>
  );
}

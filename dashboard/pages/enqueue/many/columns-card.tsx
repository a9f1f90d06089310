/** Maps the table's columns to fields, and sets the defaults for rows without a value. */
import { useCallback } from 'react';
import { Button } from '../../../ui/button.tsx';
import { Card } from '../../../ui/card.tsx';
import { Checkbox, SelectField } from '../../../ui/field.tsx';
import { Notice } from '../../../ui/notice.tsx';
import { counted } from '../../../ui/words.ts';
import { RoleField } from '../role-field.tsx';
import { type Who, WhoFields } from '../who-fields.tsx';
import { FIELD_NAMES, FIELDS, type Field, mapColumn, sampleOf } from './columns.rules.ts';
import { draft, headed, leaveTable } from './draft.ts';

const OPTIONS = [['', 'Not used'], ...FIELDS.map((field) => [field, FIELD_NAMES[field]] as const)] as const;
const NEEDED: readonly Field[] = ['username', 'fullName'];

export function ColumnsCard() {
  const { table, isHeaded, mapping, who, role } = draft.use();
  const setWho = useCallback((chosen: Who) => draft.set({ who: chosen }), []);
  if (table === undefined) return null;
  const missing = NEEDED.filter((field) => !mapping.includes(field)).map((field) => FIELD_NAMES[field].toLowerCase());
  const rows = table.rows.length - (isHeaded ? 1 : 0);
  return (
    <Card
      title={table.name}
      hint={`${counted(rows, 'row', 'rows')}, ${counted(mapping.length, 'column', 'columns')}`}
      actions={
        <Button isSmall onClick={leaveTable}>
          {table.isPasted ? 'Change the text' : 'Use other rows'}
        </Button>
      }
    >
      <div className="grid gap-5">
        <fieldset className="grid gap-3">
          <legend className="mb-2 font-medium">Columns</legend>
          <Checkbox
            label="The first row is a heading"
            checked={isHeaded}
            onChange={({ target }) => headed(table, target.checked)}
          />
          {missing.length > 0 && (
            <Notice tone="warn">Say which column is the {missing.join(' and which is the ')}.</Notice>
          )}
          <div className="grid gap-3 sm:grid-cols-2 lg:grid-cols-4">
            {mapping.map((field, column) => (
              <SelectField
                // biome-ignore lint/suspicious/noArrayIndexKey: a column is known by its place alone.
                key={column}
                label={(isHeaded && table.rows[0]?.[column]) || `Column ${column + 1}`}
                hint={sampleOf(table.rows.slice(isHeaded ? 1 : 0), column, field)}
                value={field ?? ''}
                options={OPTIONS}
                onChange={({ target }) =>
                  draft.set({ mapping: mapColumn(mapping, column, (target.value || undefined) as Field | undefined) })
                }
              />
            ))}
          </div>
        </fieldset>
        <fieldset>
          <legend className="mb-2 font-medium">Default for rows without one</legend>
          <div className="grid items-start gap-3 sm:grid-cols-2 lg:grid-cols-3">
            <WhoFields value={who} onChange={setWho} />
            <RoleField value={role} onChange={(chosen) => draft.set({ role: chosen })} />
          </div>
          <p className="mt-2 text-sm text-muted">
            For a row of another family, its owner asks. A row without a password gets one generated in this browser.
          </p>
        </fieldset>
      </div>
    </Card>
  );
}

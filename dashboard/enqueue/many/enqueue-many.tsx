/** Enqueues many accounts from a table: read, map columns, check, send, show the results. */

import { ClipboardPaste, FileUp } from 'lucide-react';
import { type DragEvent, useCallback, useRef, useState } from 'react';
import { Button } from '../../ui/button.tsx';
import { Card } from '../../ui/card.tsx';
import { Checkbox, SelectField, TextArea } from '../../ui/field.tsx';
import { Notice } from '../../ui/notice.tsx';
import { counted } from '../../ui/words.ts';
import { RoleField, type Who, WhoFields } from '../who-fields.tsx';
import { FIELD_NAMES, FIELDS, type Field, mapColumn, sampleOf } from './check.rules.ts';
import { CheckCard } from './check-card.tsx';
import { draft, headed, leaveTable, takeTable } from './draft.ts';
import { type Read, readFile, readText } from './read.ts';
import { ResultCard } from './result-card.tsx';
import { sending } from './sending.ts';

/* Maps the table's columns to fields, and sets the defaults for rows without a value. */

const OPTIONS = [['', 'Not used'], ...FIELDS.map((field) => [field, FIELD_NAMES[field]] as const)] as const;
const NEEDED: readonly Field[] = ['username', 'fullName'];

function ColumnsCard() {
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

/* The input of rows: pasted text, or a chosen or dropped file. */

const EXAMPLE = 'username,full name,role\nemma_e,Emma Example,managed account\nliam_e,Liam Example,member\n';

function SourceCard() {
  const { text } = draft.use();
  const setText = (pasted: string): void => draft.set({ text: pasted });
  const [problem, setProblem] = useState<string>();
  const [isOver, setOver] = useState(false);
  const [isBusy, setBusy] = useState(false);
  const file = useRef<HTMLInputElement>(null);

  const take = async (reading: Promise<Read>): Promise<void> => {
    setBusy(true);
    setProblem(undefined);
    try {
      const read = await reading;
      if ('problem' in read) setProblem(read.problem);
      else takeTable(read);
    } catch {
      setProblem('The file could not be read. Is it a text file with one account per row?');
    } finally {
      setBusy(false);
    }
  };
  const drop = (event: DragEvent): void => {
    event.preventDefault();
    setOver(false);
    const [dropped] = event.dataTransfer.files;
    if (dropped !== undefined) void take(readFile(dropped));
  };

  return (
    <Card
      title="The accounts"
      hint="One per row, columns separated by commas, semicolons or tabs. Nothing is sent before you have checked it."
    >
      {/* biome-ignore lint/a11y/noStaticElementInteractions: dropping is one way more; the button and the text field do the same. */}
      <div
        onDragOver={(event) => {
          event.preventDefault();
          setOver(true);
        }}
        onDragLeave={() => setOver(false)}
        onDrop={drop}
        className={`grid gap-4 rounded-lg border border-dashed p-4 ${isOver ? 'border-accent bg-accent-soft' : 'border-line-strong/60'}`}
      >
        {problem !== undefined && (
          <Notice tone="bad" isUrgent>
            {problem}
          </Notice>
        )}
        <TextArea
          label="Paste rows here"
          hint="Known columns: username, full name, family, requested by, role, password, run at. The first two are required."
          rows={8}
          spellCheck={false}
          placeholder={EXAMPLE}
          value={text}
          onChange={({ target }) => setText(target.value)}
        />
        <div className="flex flex-wrap items-center gap-2">
          <Button
            kind="primary"
            icon={ClipboardPaste}
            isBusy={isBusy}
            disabledBecause={text.trim() === '' ? 'Paste some rows first.' : undefined}
            onClick={() => void take(readText(text))}
          >
            Read rows
          </Button>
          <Button icon={FileUp} onClick={() => file.current?.click()}>
            Choose a file
          </Button>
          <span className="text-sm text-muted">or drop one here</span>
          <span className="ml-auto">
            <Button kind="ghost" isSmall onClick={() => setText(EXAMPLE)}>
              Fill in an example
            </Button>
          </span>
          <input
            ref={file}
            type="file"
            accept=".csv,.tsv,.txt,text/csv,text/tab-separated-values,text/plain"
            aria-label="File with accounts"
            tabIndex={-1}
            className="hidden"
            onChange={({ target }) => {
              const [chosen] = target.files ?? [];
              if (chosen !== undefined) void take(readFile(chosen));
              target.value = '';
            }}
          />
        </div>
      </div>
    </Card>
  );
}

export default function EnqueueMany() {
  const { table } = draft.use();
  const { status } = sending.use();
  if (status !== 'idle') return <ResultCard />;
  if (table === undefined) return <SourceCard />;
  return (
    <>
      <ColumnsCard />
      <CheckCard />
    </>
  );
}

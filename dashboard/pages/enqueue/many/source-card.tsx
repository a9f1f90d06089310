/** The input of rows: pasted text, or a chosen or dropped file. */
import { ClipboardPaste, FileUp } from 'lucide-react';
import { type DragEvent, useRef, useState } from 'react';
import { Button } from '../../../ui/button.tsx';
import { Card } from '../../../ui/card.tsx';
import { TextArea } from '../../../ui/field.tsx';
import { Notice } from '../../../ui/notice.tsx';
import { draft, takeTable } from './draft.ts';
import { type Read, readFile, readText } from './read.ts';

const EXAMPLE = 'username,full name,role\nemma_e,Emma Example,managed account\nliam_e,Liam Example,member\n';

export function SourceCard() {
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
          hint="Known columns: username, full name, family, asked for by, role, password, run at. The first two are required."
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

/** The outcome of each row, with the generated passwords, which are shown only here. */

import { Download, Play, RotateCcw, Square } from 'lucide-react';
import { useMemo, useState } from 'react';
import { Link } from 'wouter';
import { Button, ButtonLink } from '../../ui/button.tsx';
import { Card } from '../../ui/card.tsx';
import { Code, CopyIcon } from '../../ui/copy.tsx';
import { Checkbox } from '../../ui/field.tsx';
import { Progress } from '../../ui/graphs.tsx';
import { Notice } from '../../ui/notice.tsx';
import type { Column } from '../../ui/table.tsx';
import { Badge, None } from '../../ui/text.tsx';
import { toast } from '../../ui/toasts.tsx';
import { count, counted } from '../../ui/words.ts';
import { PagedTable } from './check-card.tsx';
import { asCsv } from './csv.rules.ts';
import { forgetTable } from './draft.ts';
import { goOn, hasUnsavedPasswords, type SentRow, sending, sendRefusedAgain, startOver, stop } from './sending.ts';

/* Downloads the results as a CSV file. */

const HEADINGS = ['line', 'username', 'full name', 'family', 'result', 'entry id', 'password', 'problem'] as const;

function downloadResults(rows: readonly SentRow[]): void {
  const text = asCsv(HEADINGS, rows.map(cellsOf));
  const link = document.createElement('a');
  link.href = URL.createObjectURL(new Blob([text], { type: 'text/csv;charset=utf-8' }));
  link.download = `accounts-${new Date().toISOString().slice(0, 16).replace(/[T:]/g, '-')}.csv`;
  link.click();
  // The download has started by then.
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

/** Includes only generated passwords of queued rows: given ones are known, and those of refused rows are useless. */
const cellsOf = ({ line, draft, familyName, madePassword, outcome }: SentRow): string[] => [
  String(line),
  draft.username,
  draft.fullName,
  familyName,
  outcome?.kind ?? 'not sent',
  outcome?.kind === 'queued' ? outcome.entryId : '',
  outcome?.kind === 'queued' ? (madePassword ?? '') : '',
  outcome?.kind === 'refused' || outcome?.kind === 'left out' ? outcome.message : '',
];

const columnsOf = (isShown: boolean): readonly Column<SentRow>[] => [
  { name: 'Line', cell: ({ line }) => line },
  { name: 'Username', cell: ({ draft }) => <span className="break-all">{draft.username || '–'}</span> },
  { name: 'Full name', cell: ({ draft }) => <span className="break-words">{draft.fullName || '–'}</span> },
  {
    name: 'Result',
    cell: ({ outcome }) =>
      outcome === undefined ? (
        <Badge>Not sent yet</Badge>
      ) : outcome.kind === 'queued' ? (
        <Link href={`/queue/${outcome.entryId}`} className="text-accent hover:underline">
          Queued
        </Link>
      ) : (
        <span className="text-bad">
          {outcome.kind === 'refused' ? 'Refused' : 'Left out'}: {outcome.message}
        </span>
      ),
  },
  {
    name: 'Password',
    cell: ({ madePassword, outcome }) =>
      outcome?.kind !== 'queued' ? (
        <None />
      ) : madePassword === undefined ? (
        'As given'
      ) : (
        <span className="inline-flex items-center gap-1">
          {isShown ? <Code>{madePassword}</Code> : <span aria-hidden>••••••••</span>}
          <CopyIcon text={madePassword} label="Copy the password" />
        </span>
      ),
  },
];

const RANK = { refused: 0, 'left out': 1, unsent: 2, queued: 3 } as const;
const rankOf = ({ outcome }: SentRow): number => RANK[outcome?.kind ?? 'unsent'];

export function ResultCard() {
  const state = sending.use();
  const { rows, status, problem } = state;
  const [isShown, setShown] = useState(false);
  const columns = useMemo(() => columnsOf(isShown), [isShown]);
  const sorted = useMemo(() => [...rows].sort((one, other) => rankOf(one) - rankOf(other)), [rows]);
  const queued = rows.filter(({ outcome }) => outcome?.kind === 'queued').length;
  const refused = rows.filter(({ outcome }) => outcome?.kind === 'refused').length;
  const leftOut = rows.filter(({ outcome }) => outcome?.kind === 'left out').length;
  const unsent = rows.length - queued - refused - leftOut;
  const isGoingOn = status === 'sending' || status === 'stopping';
  const isUnsaved = hasUnsavedPasswords(state);
  const again = (): void => {
    startOver();
    forgetTable();
  };
  const save = (): void => {
    downloadResults(rows);
    sending.set({ isSaved: true });
    toast(
      'The results are in your downloads. They contain passwords: keep them safe and delete them when done.',
      'info',
    );
  };

  return (
    <Card
      title={isGoingOn ? 'Sending' : status === 'done' ? 'Sent' : 'Stopped'}
      hint={[
        `${count(queued)} queued`,
        `${count(refused)} refused`,
        ...(leftOut > 0 ? [`${count(leftOut)} left out`] : []),
        ...(unsent > 0 ? [`${count(unsent)} not sent yet`] : []),
      ].join(', ')}
      actions={
        isGoingOn ? (
          <Button icon={Square} isBusy={status === 'stopping'} onClick={stop}>
            Stop
          </Button>
        ) : (
          <>
            {status === 'stopped' && (
              <Button kind="primary" icon={Play} onClick={() => void goOn()}>
                Go on
              </Button>
            )}
            {status === 'done' && refused > 0 && (
              <Button icon={RotateCcw} onClick={sendRefusedAgain}>
                Send {counted(refused, 'refused row', 'refused rows')} again
              </Button>
            )}
            <Button kind={isUnsaved && status === 'done' ? 'primary' : 'plain'} icon={Download} onClick={save}>
              Download results
            </Button>
          </>
        )
      }
      isFlush
    >
      <div className="grid gap-3 px-4 pb-3">
        <Progress done={queued + refused} total={rows.length - leftOut} label="Rows that were sent" />
        <p className="sr-only" aria-live="polite">
          {isGoingOn ? '' : `${count(queued)} queued, ${count(refused)} refused, ${count(leftOut)} left out`}
        </p>
        {problem !== undefined && (
          <Notice tone="bad" isUrgent>
            {problem} Continuing sends the last request again unchanged.
          </Notice>
        )}
        {isUnsaved && !isGoingOn && (
          <Notice tone="warn">
            Passwords were generated for these accounts. They are shown only once: download the results before you close
            this page. The file contains the passwords in plain text, so keep it safe and delete it when done.
          </Notice>
        )}
        {!isGoingOn && (
          <div className="flex flex-wrap items-center justify-between gap-3">
            <Checkbox label="Show passwords" checked={isShown} onChange={({ target }) => setShown(target.checked)} />
            <div className="flex flex-wrap gap-2">
              <ButtonLink isSmall href="/queue">
                To the queue
              </ButtonLink>
              <Button
                isSmall
                disabledBecause={isUnsaved ? 'Download the results first: they contain passwords.' : undefined}
                onClick={again}
              >
                Enqueue others
              </Button>
            </div>
          </div>
        )}
      </div>
      <PagedTable label="Results" columns={columns} rows={sorted} keyOf={({ line }) => String(line)} />
    </Card>
  );
}

/** `watch`: every change as it happens. After a lost connection it resumes where it was, so that none is missed. */
import { setTimeout as delay } from 'node:timers/promises';
import { type Command, CommandError, EXIT, printable } from './command.ts';

const CURSOR = 'query { changeCursor }';
const WATCH = `
  subscription ($after: String, $subjects: [ChangeSubject!]) {
    changed(after: $after, subjects: $subjects) {
      subject: __typename kind at cursor
      ... on QueuedCreationChange { entryId queuedCreation { username status lastErrorCode } }
      ... on JobRunChange { runId jobRun { job { jobName: name } runStatus: status } }
      ... on JobScheduleChange { jobName jobSchedule { isPaused nextFireAt } }
      ... on CircuitChange { circuit { state reason } }
      ... on BulkActionChange { bulkActionId bulkAction { action bulkStatus: status doneCount totalCount } }
      ... on AlertChange { alertId alert { rule isOn title } }
    }
  }`;

const RETRY_MS = [500, 1_000, 2_000, 5_000];

interface Change {
  readonly subject: string;
  readonly kind: string;
  readonly at: string;
  readonly cursor: string;
  readonly [field: string]: unknown;
}

export const watch: Command = {
  summary: 'Prints changes as they happen, until Ctrl-C.',
  usage: '[options]',
  mostWords: 0,
  options: {
    only: {
      type: 'string',
      multiple: true,
      value: 'SUBJECT',
      description: 'queued-creation, job-run, schedule, circuit, bulk-action or alert; repeatable.',
    },
    after: { type: 'string', value: 'CURSOR', description: 'First all changes after this one; --json prints cursors.' },
  },
  async run(api, given, terminal) {
    const { signal } = terminal;
    const only = given.texts('only').map((name) => name.toUpperCase().replaceAll('-', '_'));
    const subjects = only.length === 0 ? undefined : only;
    let after = given.text('after') ?? (await api.ask<string>(CURSOR));
    for (let failures = 0, isFirst = true; !signal.aborted; ) {
      try {
        for await (const change of api.events<Change>(WATCH, { after, subjects })) {
          await terminal.print(terminal.isJson ? JSON.stringify(change) : lineOf(change));
          after = change.cursor;
          failures = 0;
          isFirst = false;
        }
      } catch (error) {
        if (signal.aborted) break;
        // A stream that breaks off is no CommandError. What is refused, or never worked, does not pass.
        if (error instanceof CommandError && (isFirst || error.exitCode !== EXIT.unavailable)) throw error;
      }
      if (signal.aborted) break;
      isFirst = false;
      if (failures === 0) terminal.note('The connection was lost; watching continues as soon as the server answers.');
      await delay(RETRY_MS[Math.min(failures++, RETRY_MS.length - 1)], undefined, { signal }).catch(() => undefined);
    }
    return undefined;
  },
};

/** One line: when, what happened to what, and its fields as they are now. */
function lineOf({ subject, kind, at, cursor: _, ...fields }: Change): string {
  const shown = flat(fields).map(([name, value]) => `${name}=${value}`);
  return printable([at, subject.replace(/Change$/, ''), kind.toLowerCase(), ...shown].join(' '));
}

function flat(fields: Readonly<Record<string, unknown>>): [string, string][] {
  return Object.entries(fields).flatMap(([name, value]) => {
    if (value === null || value === undefined) return [];
    if (typeof value === 'object') return flat(value as Readonly<Record<string, unknown>>);
    return [[name, /\s/.test(String(value)) ? JSON.stringify(value) : String(value)]];
  });
}

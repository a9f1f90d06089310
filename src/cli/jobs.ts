/** `jobs` and `run`. */
import { randomUUID } from 'node:crypto';
import { type Command, EXIT, printable, tableOf, usageError } from './command.ts';

interface Run {
  readonly runId: string;
  readonly status: 'RUNNING' | 'SUCCEEDED' | 'FAILED' | 'INTERRUPTED';
  readonly startedAt: string | null;
  readonly duration: string | null;
  readonly counts: readonly { readonly name: string; readonly value: number }[];
  readonly errorMessage: string | null;
}

interface Schedule {
  readonly name: string;
  readonly cronDescription: string;
  readonly timeZone: string;
  readonly nextFireAt: string | null;
  readonly pause: { readonly reason: string | null; readonly until: string | null } | null;
  readonly currentRun: Run | null;
  readonly lastRun: Run | null;
}

const JOBS = `
  query {
    jobSchedules {
      name description cron cronDescription timeZone nextFireAt
      pause { reason until }
      currentRun { runId status startedAt duration counts { name value } errorMessage }
      lastRun { runId status startedAt duration counts { name value } errorMessage }
    }
  }`;

export const jobs: Command = {
  summary: 'Lists the jobs: schedule, next fire, last run.',
  usage: '',
  mostWords: 0,
  options: {},
  async run(api) {
    const data = await api.ask<readonly Schedule[]>(JOBS);
    const rows = data.map(({ name, cronDescription, timeZone, nextFireAt, pause, currentRun, lastRun }) => [
      name,
      currentRun !== null ? 'running' : pause !== null ? 'paused' : 'waiting',
      nextFireAt,
      lastRun?.status,
      lastRun?.startedAt,
      `${cronDescription} (${timeZone})${pause === null ? '' : `; paused: ${pause.reason ?? 'no reason'}`}`,
    ]);
    return { data, text: tableOf(['JOB', 'STATE', 'NEXT FIRE', 'LAST RUN', 'STARTED', 'SCHEDULE'], rows) };
  },
};

const RUN = `
  mutation ($input: RunJobNowInput!) {
    runJobNow(input: $input) {
      ... on RunJobNowPayload { run { runId status startedAt duration counts { name value } errorMessage } }
      ... on MutationError { code message }
    }
  }`;

export const run: Command = {
  summary: 'Runs a job now.',
  usage: '<job> [options]',
  mostWords: 1,
  options: {
    wait: { type: 'boolean', description: 'Wait for the end of the run; exit code 1 unless it succeeded.' },
    reason: { type: 'string', value: 'TEXT', description: 'Why, for the audit trail.' },
  },
  async run(api, given) {
    const [jobName] = given.words;
    if (jobName === undefined) throw usageError('Name the job to run; "jobs" lists them.');
    // The same key returns the same run: asking again is how to wait longer than the server lets a client wait.
    const input = { jobName, reason: given.text('reason'), wait: given.is('wait'), idempotencyKey: randomUUID() };
    const started = async (): Promise<Run> => (await api.ask<{ run: Run }>(RUN, { input })).run;
    let made = await started();
    while (input.wait && made.status === 'RUNNING') made = await started();
    const counts = made.counts.map(({ name, value }) => `${name} ${value}`).join(', ');
    const details = [counts, made.errorMessage ?? ''].filter((text) => text !== '').map((text) => `: ${text}`);
    return {
      data: made,
      text: printable(`${jobName} ${made.status.toLowerCase()}${details.join('')} (run ${made.runId})`),
      exitCode: input.wait && made.status !== 'SUCCEEDED' ? EXIT.failed : EXIT.done,
    };
  },
};

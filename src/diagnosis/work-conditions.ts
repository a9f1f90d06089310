/** Conditions of the queue, the identity provider and the jobs. */
import { type Amount, alert, amount, cure, type Pause, pausedBy, shown } from './condition.ts';
import type { Cure } from './cure.ts';
import { groupAction, groupCure } from './failure-messages.ts';
import { definitionOf } from './failures.ts';
import { counted, inWords } from './wording.rules.ts';

/** How long a late or missed fire keeps its alert. */
export const FIRE_WINDOW_MS = 3_600_000;

const runNow = (jobName: string): Cure => cure('Run the job now', 'runJobNow', { jobName });
const reset = (jobName: string): Cure => cure('Reset to the default', 'rescheduleJob', { jobName, reset: true });
const CLOSE = cure('Close the circuit', 'closeCircuit');

/** Contains the code, for scripts and searches, and a sentence for people. */
function failedWith(code: string | null): string {
  if (code === null) return 'without an error code.';
  const what = definitionOf(code)?.what;
  return what === undefined ? `with ${code}.` : `with ${code}. ${what}`;
}

function planCure({
  code,
  failureGroup,
}: {
  readonly code: string | null;
  readonly failureGroup: string | null;
}): Cure | null {
  const action = code === null ? 'RETRY' : groupAction(code);
  if (action === null) return null;
  const errorCode = code === null ? {} : { errorCode: { equals: code } };
  return cure(`Plan a ${action.toLowerCase()} of these entries`, 'planBulkAction', {
    action,
    filter: { status: ['FAILED'], ...(failureGroup === null ? errorCode : { failureGroup }) },
  });
}

const FAULTS: Readonly<Record<string, string>> = {
  unavailable: 'answer 503',
  invalid_token: 'refuse the token (401)',
  invalid_username: 'refuse every username',
  slow: 'answer slowly',
};

export const WORK_CONDITIONS = {
  // ---------------------------------------------------------------- the queue
  ENTRY_FAILED: alert({
    title: 'Entries failed',
    severity: 'warning',
    about: 'failure_group',
    alert:
      'Entries failed permanently: one alert for each cause, however many entries. It ends when none of them is failed any more (retried, cancelled or deleted), or when the last of them failed longer ago than the threshold.',
    threshold: ({ ENTRY_FAILED }) => `one entry in the last ${inWords(ENTRY_FAILED)}`,
    says: (of: { readonly count: number; readonly code: string | null; readonly failureGroup: string | null }) => ({
      message: `${counted(of.count, 'entry', 'entries')} failed permanently ${failedWith(of.code)}`,
      advice:
        (of.code === null ? null : groupCure(of.code)) ??
        'Check the attempts of one entry and fix the cause. Then retry the entries of this group or cancel them.',
      cure: planCure(of),
    }),
  }),
  ENTRY_OVERDUE: alert({
    title: 'Entries overdue',
    severity: 'critical',
    about: 'queue',
    alert:
      'Entries are due and are not attempted: no node is running, the circuit is open, a limit is too low, or the nodes are too slow. Paused entries do not count. It ends when due entries are attempted in time.',
    threshold: ({ ENTRY_OVERDUE }) => `due for longer than ${inWords(ENTRY_OVERDUE)}`,
    says: (of: Amount & { readonly isCircuitOpen: boolean; readonly isLimited: boolean }) => ({
      message: `${amount(of, 'entry is', 'entries are')} overdue.`,
      advice: of.isCircuitOpen
        ? 'The circuit to the identity provider is open. Fix its cause; the entries then continue automatically.'
        : of.isLimited
          ? 'Check whether the queue’s limits are too low (queueControl) or the nodes too slow (queueForecast).'
          : 'Check whether nodes are running and what they work on (serverNodes), and how fast they are (queueForecast).',
      cure: of.isCircuitOpen ? CLOSE : null,
    }),
  }),
  QUEUE_PAUSED: alert({
    title: 'Queue paused',
    severity: 'warning',
    about: 'queue',
    alert: 'The whole queue has been paused for long, and may have been forgotten. It ends when the queue is resumed.',
    threshold: ({ QUEUE_PAUSED }) => `paused for longer than ${inWords(QUEUE_PAUSED)}`,
    says: (of: Pause) => ({
      message: `The whole queue is ${pausedBy(of)}.`,
      advice: 'No entry is attempted. Check who paused it and why (queueControl); resume it if it was forgotten.',
      cure: cure('Resume the queue', 'resumeQueue'),
    }),
  }),
  FAMILY_PAUSED: shown({
    title: 'Family paused',
    severity: 'warning',
    about: 'queue',
    says: (of: Pause & { readonly familyId: string; readonly familyName: string }) => ({
      message: `The queue of ${of.familyName} is ${pausedBy(of)}.`,
      advice: 'No entry of this family is attempted until it is resumed.',
      cure: cure('Resume', 'resumeQueue', { familyId: of.familyId }),
    }),
  }),

  // ---------------------------------------------------------------- the identity provider
  CIRCUIT_OPEN: alert({
    title: 'Circuit open',
    severity: 'critical',
    about: 'identity_provider',
    alert:
      'The identity provider is not called, and no accounts are created. It ends when the circuit closes, or when no node uses that provider any more.',
    threshold: ({ CIRCUIT_OPEN, QUEUE_PAUSED }) =>
      `open for longer than ${inWords(CIRCUIT_OPEN)}; opened manually, for longer than ${inWords(QUEUE_PAUSED)}`,
    says: (of: {
      readonly provider: string;
      readonly isHalfOpen?: boolean;
      /** The error code that opened it; null: it was opened manually. */
      readonly cause: string | null;
      readonly openedBy?: string | null;
      readonly reason?: string | null;
    }) => ({
      message: `The circuit to ${of.provider} is ${of.isHalfOpen ? 'half open: one entry is attempted as a probe' : 'open: no entry is attempted'}.${
        of.cause === null
          ? ` ${of.openedBy ?? 'An operator'} opened it${of.reason == null ? '' : `: “${of.reason.trim()}”`}.`
          : ` The cause is ${of.cause}.`
      }`,
      advice:
        of.cause === null
          ? 'Close it if it was forgotten; identityProvider shows who opened it and why.'
          : `${definitionOf(of.cause)?.cure ?? 'Check what the identity provider answers and fix the cause.'} A probe then closes the circuit, and waiting entries continue automatically.`,
      cure: CLOSE,
    }),
  }),
  SIMULATOR_FAULT: shown({
    title: 'Simulator fault',
    severity: 'critical',
    about: 'identity_provider',
    says: (of: { readonly fault: string; readonly by: string | null }) => ({
      message: `The built-in simulator is set to ${FAULTS[of.fault] ?? 'fail'}${of.by === null ? '' : `, by ${of.by}`}.`,
      advice: 'What fails now is a test, not an outage.',
      cure: cure('Turn the fault off', 'setSimulatorFault', { fault: 'NONE' }),
    }),
  }),

  // ---------------------------------------------------------------- jobs
  SCHEDULE_PAUSED: shown({
    title: 'Job paused',
    severity: 'warning',
    about: 'job',
    says: (of: Pause & { readonly jobName: string; readonly isSkipping?: boolean }) => ({
      message: `${of.jobName} is ${pausedBy(of)}.`,
      advice:
        of.isSkipping === false ? 'The pause ends before the next fire.' : 'Its fires are skipped until it is resumed.',
      cure: cure('Resume', 'resumeJob', { jobName: of.jobName }),
    }),
  }),
  RUN_GOING_ON: shown({
    title: 'Run in progress',
    severity: 'info',
    about: 'job',
    says: (of: { readonly runId: string; readonly node: string | null; readonly interruptedBy: string | null }) => ({
      message: `A run is in progress${of.node === null ? '' : ` on ${of.node}`}.${of.interruptedBy === null ? '' : ` ${of.interruptedBy} asked it to end.`}`,
      advice: 'A fire that is due before it ends is skipped.',
      cure: of.interruptedBy === null ? cure('Interrupt the run', 'interruptRun', { runId: of.runId }) : null,
    }),
  }),
  RUN_LOST: shown({
    title: 'Run lost its node',
    severity: 'warning',
    about: 'job',
    says: (of: { readonly node: string | null; readonly isLeaseOver: boolean; readonly isSkipping: boolean }) => ({
      message: `${of.node ?? 'The node'} has a run in progress and has missed its heartbeats.`,
      advice: `Unless it returns, ${of.isLeaseOver ? 'the next check closes the run' : 'the run is closed when its lease ends'}.${of.isSkipping ? ' A fire that is due before then is skipped.' : ''}`,
      cure: null,
    }),
  }),
  UNKNOWN_JOB: shown({
    title: 'Unknown job',
    severity: 'warning',
    about: 'job',
    says: (of: { readonly jobName: string }) => ({
      message: `This server does not know ${of.jobName}.`,
      advice: 'Only a node of the version that registered it can run it.',
      cure: null,
    }),
  }),
  NEVER_FIRES_AGAIN: shown({
    title: 'No more fires',
    severity: 'warning',
    about: 'job',
    says: (of: { readonly jobName: string; readonly cron: string }) => ({
      message: `"${of.cron}" has no more fire times.`,
      advice: 'Give it another schedule.',
      cure: reset(of.jobName),
    }),
  }),
  SCHEDULE_UNREADABLE: shown({
    title: 'Schedule unreadable',
    severity: 'warning',
    about: 'job',
    says: (of: { readonly jobName: string; readonly problem: string }) => ({
      message: `No node can read the schedule. ${of.problem}`,
      advice: 'It was changed with SQL. Give it another schedule.',
      cure: reset(of.jobName),
    }),
  }),
  FIRE_MISSED: alert({
    title: 'Job late or missed',
    severity: 'warning',
    about: 'job',
    alert: `A job started late, or did not run at a time when it was due. It ends when no such fire was found for ${inWords(FIRE_WINDOW_MS)}.`,
    threshold: ({ FIRE_MISSED }) =>
      `later than ${inWords(FIRE_MISSED)}, or missed, in the last ${inWords(FIRE_WINDOW_MS)}`,
    says: (of: { readonly jobName: string; readonly count: number; readonly missed: number }) => ({
      message: `${of.jobName} ${of.missed === of.count ? 'missed' : of.missed === 0 ? 'was late for' : 'missed or was late for'} ${counted(of.count, 'fire')}.`,
      advice:
        'The job’s fires show why each was late or missed; most often no node was running. If it must not wait for its next fire, run it now.',
      cure: runNow(of.jobName),
    }),
  }),
  JOB_FAILING: alert({
    title: 'Job failing',
    severity: 'warning',
    about: 'job',
    alert: 'A job failed at least twice in a row. It ends when a run of it succeeds.',
    threshold: () => '2 failed runs in a row',
    says: (of: { readonly jobName: string; readonly count: number }) => ({
      message: `The last ${counted(of.count, 'run')} of ${of.jobName} failed.`,
      advice:
        'Its runs have the error messages, and the log has the details. Fix the cause, then run it once to check.',
      cure: runNow(of.jobName),
    }),
  }),
};

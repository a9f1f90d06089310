/** Whether all is well, in one sentence, and what is not, with what helps: pure, from what the API says. */

interface Cure {
  readonly label: string;
  readonly mutation: string;
  readonly input: unknown;
}

export interface Trouble {
  readonly key: string;
  readonly tone: 'bad' | 'warn';
  readonly text: string;
  readonly cures: readonly Cure[];
  /** Where it is seen to. */
  readonly href: string;
}

export interface Readings {
  readonly simulator?: { readonly fault: string; readonly changedBy: string | null } | null;
  readonly circuit?: {
    readonly state: string;
    readonly reason: string | null;
    readonly openedAt: string | null;
    /** By hand; null where failures opened it. */
    readonly openedBy: string | null;
  } | null;
  readonly pauses?: readonly {
    readonly reason: string;
    readonly pausedBy: string;
    readonly family: { readonly familyId: string; readonly name: string } | null;
  }[];
  readonly alerts?: readonly {
    readonly alertId: string;
    readonly severity: string;
    readonly summary: string;
    readonly isSilenced: boolean;
    /** Since when it is not found any more, while it is kept on for a little. */
    readonly notFoundAt: string | null;
    readonly subject: { readonly kind: string };
    readonly explanation: {
      readonly blockers: readonly { readonly message: string; readonly cure: Cure | null }[];
    } | null;
  }[];
  readonly jobs?: readonly {
    readonly name: string;
    readonly isPaused: boolean;
    readonly pause: { readonly reason: string | null; readonly by: string | null } | null;
  }[];
  readonly runningNodes?: number;
  /** Entries that have failed, as of now: an alert about them may be a few seconds behind. */
  readonly failedCount?: number;
}

const FAULTS: Readonly<Record<string, string>> = {
  UNAVAILABLE: 'be down (503)',
  INVALID_TOKEN: 'refuse the token (401)',
  INVALID_USERNAME: 'refuse every username',
  SLOW: 'answer slowly',
};

/** What needs somebody, the worst first; each thing once, though an alert may tell of it as well. */
export function troublesOf({
  simulator,
  circuit,
  pauses = [],
  alerts = [],
  jobs = [],
  runningNodes,
  failedCount,
}: Readings): Trouble[] {
  const troubles: Trouble[] = [];
  if (runningNodes === 0)
    troubles.push({
      key: 'nodes',
      tone: 'bad',
      text: 'No node is running: nothing new is attempted, and no job fires.',
      cures: [],
      href: '/nodes',
    });
  if (simulator != null && simulator.fault !== 'NONE')
    troubles.push({
      key: 'simulator',
      // What is slow fails nothing.
      tone: simulator.fault === 'SLOW' ? 'warn' : 'bad',
      text: `The built-in simulator is set to ${FAULTS[simulator.fault] ?? 'fail'}${simulator.changedBy === null ? '' : `, by ${simulator.changedBy}`}. What comes of it is a test, and no real outage.`,
      cures: [{ label: 'Mend the simulator', mutation: 'setSimulatorFault', input: { fault: 'NONE' } }],
      href: '/provider',
    });
  if (circuit != null && circuit.state !== 'CLOSED')
    troubles.push({
      key: 'circuit',
      tone: 'bad',
      text: circuitInWords(circuit),
      cures: [{ label: 'Close the circuit', mutation: 'closeCircuit', input: {} }],
      href: '/provider',
    });
  for (const { reason, pausedBy, family } of pauses)
    troubles.push({
      key: `pause-${family?.familyId ?? 'all'}`,
      tone: 'warn',
      text: `${family === null ? 'The queue' : `The queue of ${family.name}`} is paused by ${pausedBy}: “${reason.trim()}”.`,
      cures: [
        { label: 'Resume', mutation: 'resumeQueue', input: family === null ? {} : { familyId: family.familyId } },
      ],
      href: '/settings',
    });
  for (const { alertId, severity, summary, isSilenced, notFoundAt, subject, explanation } of alerts) {
    if (isSilenced || severity === 'INFO') continue;
    const isOfFailed = subject.kind === 'FAILURE_GROUP';
    // Nobody is needed for what is over, though the alert stays on in case it comes back.
    if (notFoundAt !== null || (isOfFailed && failedCount === 0)) continue;
    const cures = (explanation?.blockers ?? []).flatMap(({ cure }) => (cure === null ? [] : withRetry(cure)));
    // What the circuit or a pause says already, with the same cure.
    if (
      cures.length > 0 &&
      cures.every((cure) =>
        troubles.some((one) =>
          one.cures.some(({ mutation }) => mutation === cure.mutation && /^(closeCircuit|resumeQueue)$/.test(mutation)),
        ),
      )
    )
      continue;
    troubles.push({
      key: alertId,
      tone: severity === 'CRITICAL' ? 'bad' : 'warn',
      text: sentence(summary),
      cures,
      // There it is said what helps, for each cause.
      href: isOfFailed ? '/failures' : '/alerts',
    });
  }
  for (const { name, isPaused, pause } of jobs) {
    if (!isPaused) continue;
    const by = pause?.by == null ? '' : ` by ${pause.by}`;
    troubles.push({
      key: `job-${name}`,
      tone: 'warn',
      text: `${name} is paused${by}${pause?.reason == null ? ', without a reason.' : `: “${pause.reason.trim()}”.`}`,
      cures: [{ label: 'Resume', mutation: 'resumeJob', input: { jobName: name } }],
      href: `/schedules/${name}`,
    });
  }
  return troubles.sort((one, other) => Number(other.tone === 'bad') - Number(one.tone === 'bad'));
}

/** Since when, by whom and why: what failed says its reason itself, and a person's is quoted. */
function circuitInWords({ state, reason, openedAt, openedBy }: NonNullable<Readings['circuit']>): string {
  const what =
    state === 'OPEN'
      ? 'The circuit is open: nothing is sent to the identity provider.'
      : 'The circuit is half open: nothing is sent to the identity provider but a probe.';
  if (openedBy !== null) {
    const why = reason === null ? '.' : `: “${reason.trim()}”.`;
    return `${what} ${openedBy} opened it by hand${openedAt === null ? '' : ` at ${openedAt}`}${why}`;
  }
  const since = openedAt === null ? '' : ` It has been so since ${openedAt}.`;
  return `${what}${since}${reason === null ? '' : ` ${sentence(reason)}`}`;
}

/** The plan of a cancel comes with that of a retry: what refused the entries may have been mended meanwhile. */
function withRetry(cure: Cure): Cure[] {
  const { action, ...input } = (cure.input ?? {}) as { readonly action?: unknown };
  if (cure.mutation !== 'planBulkAction' || action !== 'CANCEL') return [cure];
  return [
    cure,
    { label: 'Plan a retry of these entries', mutation: cure.mutation, input: { action: 'RETRY', ...input } },
  ];
}

export interface Statistics {
  readonly pendingCount: number;
  readonly processingCount: number;
  readonly dueCount: number;
  readonly failedCount: number;
}

/** The one sentence. `isKnown`: every part has answered; silence is no good sign. */
export function verdictOf(
  troubles: readonly Trouble[],
  { pendingCount, processingCount, dueCount, failedCount }: Statistics,
  isKnown = true,
): string {
  const many = (count: number, one: string, several: string): string =>
    `${count.toLocaleString()} ${count === 1 ? one : several}`;
  if (troubles.length > 0) return `${many(troubles.length, 'thing needs', 'things need')} you.`;
  if (!isKnown) return 'Whether all is well is not known: not every part of the server has answered.';
  const failed =
    failedCount === 0 ? '' : ` ${many(failedCount, 'entry has', 'entries have')} failed and can be retried.`;
  if (processingCount + dueCount > 0)
    return `All is well: ${many(processingCount + dueCount, 'entry is', 'entries are')} being seen to.${failed}`;
  if (pendingCount > 0)
    return `All is well: ${many(pendingCount, 'entry waits', 'entries wait')} for a later time.${failed}`;
  return `All is well: the queue is empty.${failed}`;
}

const sentence = (text: string): string => {
  const trimmed = text.trim();
  return /[.!?…]$/.test(trimmed) ? trimmed : `${trimmed}.`;
};

/** `pause` and `resume`: the queue, one family’s entries, or a job. */
import { duration } from '../config/values.ts';
import { type Command, type Given, type Outcome, printable, usageError } from './command.ts';

const PAUSE_QUEUE = `
  mutation ($input: PauseQueueInput!) {
    pauseQueue(input: $input) {
      ... on PauseQueuePayload { isChanged }
      ... on MutationError { code message }
    }
  }`;
const PAUSE_JOB = `
  mutation ($input: PauseJobInput!) {
    pauseJob(input: $input) {
      ... on PauseJobPayload { isChanged }
      ... on MutationError { code message }
    }
  }`;
const RESUME_QUEUE = `
  mutation ($input: ResumeQueueInput!) {
    resumeQueue(input: $input) {
      ... on ResumeQueuePayload { isChanged }
      ... on MutationError { code message }
    }
  }`;
const RESUME_JOB = `
  mutation ($input: ResumeJobInput!) {
    resumeJob(input: $input) {
      ... on ResumeJobPayload { isChanged }
      ... on MutationError { code message }
    }
  }`;

const FAMILY = { type: 'string', value: 'ID', description: 'Only the entries of this family.' } as const;
const REASON = { type: 'string', value: 'TEXT', description: 'Why, for other operators.' } as const;

export const pause: Command = {
  summary: 'Pauses the queue, a family or a job.',
  usage: 'queue | <job> --reason TEXT [options]',
  mostWords: 1,
  options: {
    reason: REASON,
    family: FAMILY,
    until: { type: 'string', value: 'INSTANT', description: 'Until this instant, such as 2027-01-31T18:00:00Z.' },
    for: { type: 'string', value: 'TIME', description: 'For this long, such as 30m, 4h or 2d.' },
  },
  async run(api, given) {
    const target = targetOf(given);
    const reason = given.text('reason');
    if (reason === undefined) throw usageError('Give a --reason: other operators see it.');
    const until = endOf(given);
    const input = { ...target.input, reason, until };
    const { isChanged } = await api.ask<{ isChanged: boolean }>(target.isJob ? PAUSE_JOB : PAUSE_QUEUE, { input });
    const end = until === undefined ? 'until it is resumed' : `until ${until}`;
    return outcomeOf(target, isChanged, `paused ${end}`);
  },
};

export const resume: Command = {
  summary: 'Resumes the queue, a family or a job.',
  usage: 'queue | <job> [options]',
  mostWords: 1,
  options: { family: FAMILY, reason: REASON },
  async run(api, given) {
    const target = targetOf(given);
    const input = { ...target.input, reason: given.text('reason') };
    const { isChanged } = await api.ask<{ isChanged: boolean }>(target.isJob ? RESUME_JOB : RESUME_QUEUE, { input });
    return outcomeOf(target, isChanged, 'running');
  },
};

interface Target {
  readonly isJob: boolean;
  readonly name: string;
  readonly input: { readonly jobName: string } | { readonly familyId: string | undefined };
}

function targetOf(given: Given): Target {
  const [name] = given.words;
  const familyId = given.text('family');
  if (name === undefined) throw usageError('Name what: "queue" or a job; "jobs" lists them.');
  if (name === 'queue')
    return {
      isJob: false,
      name: familyId === undefined ? 'The queue' : `The queue of ${familyId}`,
      input: { familyId },
    };
  if (familyId !== undefined) throw usageError('--family goes with "queue".');
  return { isJob: true, name, input: { jobName: name } };
}

/** Returns the instant of --until or --for; undefined: no end. */
function endOf(given: Given): string | undefined {
  const [until, length] = [given.text('until'), given.text('for')];
  if (length === undefined) return until;
  if (until !== undefined) throw usageError('Give --until or --for, not both.');
  const ms = duration().safeParse(length);
  if (!ms.success) throw usageError(`--for ${ms.error.issues[0]?.message ?? 'is not a duration'}.`);
  return new Date(Date.now() + ms.data).toISOString();
}

const outcomeOf = ({ name, input }: Target, isChanged: boolean, state: string): Outcome => ({
  data: { ...input, isChanged },
  text: printable(`${name} ${isChanged ? 'is now' : 'was already'} ${state}.`),
});

/** `retry`: one entry at once, or all that match a filter as a bulk action. */
import { setTimeout as delay } from 'node:timers/promises';
import {
  type Api,
  type Command,
  CommandError,
  EXIT,
  type Given,
  type Outcome,
  printable,
  type Terminal,
  usageError,
} from './command.ts';
import { FILTER_OPTIONS, filterOf } from './queue.ts';

const POLL_MS = 500;

const RETRY = `
  mutation ($input: RetryEntryInput!) {
    retryEntry(input: $input) {
      ... on RetryEntryPayload { entry { entryId username status nextRetryAt } }
      ... on MutationError { code message }
    }
  }`;
const PLAN = `
  mutation ($input: PlanBulkActionInput!) {
    planBulkAction(input: $input) {
      ... on PlanBulkActionPayload { planId count exclusions { code message count } }
      ... on MutationError { code message }
    }
  }`;
const APPLY = `
  mutation ($input: ApplyBulkActionInput!) {
    applyBulkAction(input: $input) {
      ... on ApplyBulkActionPayload { bulkAction { bulkActionId status totalCount doneCount skippedCount } }
      ... on MutationError { code message }
    }
  }`;
const PROGRESS = `
  query ($id: UUID!) {
    bulkAction(bulkActionId: $id) { bulkActionId status totalCount doneCount skippedCount }
  }`;

interface Plan {
  readonly planId: string;
  readonly count: number;
  readonly exclusions: readonly { readonly code: string; readonly message: string; readonly count: number }[];
}
interface BulkAction {
  readonly bulkActionId: string;
  readonly status: string;
  readonly totalCount: number;
  readonly doneCount: number;
  readonly skippedCount: number;
}

export const retry: Command = {
  summary: 'Retries one entry, or all that match a filter.',
  usage: '<entry-id> | --all | <filter> [options]',
  mostWords: 1,
  options: {
    all: { type: 'boolean', description: 'All failed entries.' },
    ...FILTER_OPTIONS,
    reason: { type: 'string', value: 'TEXT', description: 'Why, for the audit trail.' },
    yes: { type: 'boolean', description: 'Do not ask before several entries are retried.' },
    wait: { type: 'boolean', description: 'Wait until all have been made due; exit code 1 if some were skipped.' },
  },
  run(api, given, terminal) {
    const [entryId] = given.words;
    const filter = filterOf(given);
    const isFiltered = Object.keys(filter).length > 0;
    if ([entryId !== undefined, given.is('all'), isFiltered].filter(Boolean).length !== 1)
      throw usageError('Give one of these: an entry’s id, a filter (such as --error-code), or --all.');
    return entryId === undefined
      ? retryMany(api, { status: ['FAILED'], ...filter }, given, terminal)
      : retryOne(api, entryId, given.text('reason'));
  },
};

async function retryOne(api: Api, entryId: string, reason: string | undefined): Promise<Outcome> {
  const { entry } = await api.ask<{ entry: { username: string } }>(RETRY, { input: { entryId, reason } });
  return { data: entry, text: printable(`${entry.username} is due now.`) };
}

async function retryMany(api: Api, filter: object, given: Given, terminal: Terminal): Promise<Outcome | undefined> {
  const input = { action: 'RETRY', filter, reason: given.text('reason') };
  const plan = await api.ask<Plan>(PLAN, { input });
  for (const { count, message } of plan.exclusions) terminal.note(printable(`Left out: ${count}. ${message}`));
  if (plan.count === 0) return { data: { ...plan, bulkAction: null }, text: 'No entry to retry matches.' };
  if (!given.is('yes')) {
    const answer = await terminal.confirm(`Retry ${plan.count} ${plan.count === 1 ? 'entry' : 'entries'}?`);
    if (answer === undefined) throw usageError(`${plan.count} match. Add --yes to retry them without a question.`);
    if (!answer) throw new CommandError('Nothing was changed.', EXIT.failed);
  }
  let { bulkAction } = await api.ask<{ bulkAction: BulkAction }>(APPLY, { input: { planId: plan.planId } });
  while (given.is('wait') && bulkAction.status === 'RUNNING') {
    await delay(POLL_MS, undefined, { signal: terminal.signal });
    bulkAction = await api.ask<BulkAction>(PROGRESS, { id: bulkAction.bulkActionId });
  }
  const { bulkActionId, totalCount, doneCount, skippedCount } = bulkAction;
  return {
    data: { ...plan, bulkAction },
    text: given.is('wait')
      ? `${doneCount} due now, ${skippedCount} skipped because they had changed (bulk action ${bulkActionId}).`
      : `${totalCount} are being made due (bulk action ${bulkActionId}).`,
    exitCode: given.is('wait') && skippedCount > 0 ? EXIT.failed : EXIT.done,
  };
}

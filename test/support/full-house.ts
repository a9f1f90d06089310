/**
 * Fills a database so that each page shows data: entries in every status with names of maximal length, failures of
 * several kinds, pauses, runs, a failing webhook, tokens, an alert.
 */
import type { TestDatabase } from './database.ts';
import { type ServerProcess, until } from './process.ts';

export interface FullHouse {
  /** Entry ids by status. */
  readonly entries: Readonly<Record<'completed' | 'failed' | 'pending' | 'cancelled', string>>;
  readonly webhookId: string;
  readonly runId: string;
  readonly bulkActionId: string;
}

const LONG_NAME =
  'Maximiliane-Theodora Freifrau von und zu Hohenlohe-Waldenburg-Schillingsfürst geb. Öttingen-Spielberg';

/** Takes several seconds. The server must use the simulator. */
export async function furnish(
  server: ServerProcess,
  { db }: Pick<TestDatabase, 'db'>,
  family: { familyId: string; ownerId: string },
): Promise<FullHouse> {
  const { familyId, ownerId: createdByUserId } = family;
  const act = async <Data>(query: string, variables: object = {}): Promise<Data> => {
    const { data, errors } = await server.graphql<Data>(query, variables);
    if (errors !== undefined) throw new Error(errors.map(({ message }) => message).join(' '));
    const [outcome] = Object.values(data as Record<string, { code?: string; message?: string; __typename?: string }>);
    if (outcome?.code !== undefined || outcome?.__typename?.endsWith('Error'))
      throw new Error(outcome.message ?? outcome.__typename);
    return data;
  };
  const enqueue = async (username: string, fullName: string, more: object = {}): Promise<string> => {
    const { enqueueAccount } = await act<{ enqueueAccount: { entry: { entryId: string } } }>(
      'mutation ($input: EnqueueAccountInput!) { enqueueAccount(input: $input) { ... on EnqueueAccountPayload { entry { entryId } } ... on MutationError { code message } } }',
      { input: { familyId, createdByUserId, username, fullName, ...more } },
    );
    return enqueueAccount.entry.entryId;
  };
  const isIn = (entryId: string, status: string) => async () => {
    const [row] = await db.query<{ status: string }>(
      'SELECT status::text FROM auth.queued_managed_account_creations WHERE id = $1::uuid',
      [entryId],
    );
    return row?.status === status;
  };
  const breakIt = (fault: string) =>
    act('mutation ($fault: SimulatorFault!) { setSimulatorFault(input: {fault: $fault}) { __typename } }', { fault });

  const completed = await enqueue('made_already', LONG_NAME.slice(0, 100));
  await until('an account to be made', isIn(completed, 'completed'));
  // Simulators poll for a new fault four times a second.
  await breakIt('INVALID_USERNAME');
  await until('the simulator to refuse', async () => {
    const probe = await enqueue(`try_${Math.random().toString(36).slice(2, 10)}`, 'Refused One');
    await until('an attempt to end', async () => (await isIn(probe, 'failed')()) || (await isIn(probe, 'completed')()));
    return isIn(probe, 'failed')();
  });
  const failed = await enqueue('refused_for_good', LONG_NAME.slice(0, 100));
  await until('an entry to fail', isIn(failed, 'failed'));
  await breakIt('NONE');
  const pending = await enqueue('waits_for_christmas', 'Christkind', {
    runAt: new Date(Date.now() + 7_200_000).toISOString(),
  });
  const cancelled = await enqueue('is_given_up', 'Nobody', { runAt: new Date(Date.now() + 7_200_000).toISOString() });
  await act('mutation ($id: UUID!) { cancelEntry(input: {entryId: $id, reason: "a double"}) { __typename } }', {
    id: cancelled,
  });

  const run = await act<{ runJobNow: { run: { runId: string } } }>(
    'mutation { runJobNow(input: {jobName: "RetentionJob", wait: true}) { ... on RunJobNowPayload { run { runId } } } }',
  );
  await act(
    'mutation { pauseJob(input: {jobName: "ExpiredInvitationCleanupJob", reason: "the lawyers look at it"}) { __typename } }',
  );
  await act('mutation { createApiToken(input: {name: "the nightly import", role: ENQUEUER}) { __typename } }');
  const webhook = await act<{ createWebhook: { webhook: { webhookId: string } } }>(
    // Nothing listens on this port, so deliveries fail.
    'mutation { createWebhook(input: {url: "http://127.0.0.1:59999/hooks/of-a-rather-long-address", description: "Billing"}) { ... on CreateWebhookPayload { webhook { webhookId } } ... on MutationError { code message } } }',
  );
  await act('mutation ($id: UUID!) { testWebhook(input: {webhookId: $id}) { __typename } }', {
    id: webhook.createWebhook.webhook.webhookId,
  });
  const plan = await act<{ planBulkAction: { planId: string } }>(
    'mutation { planBulkAction(input: {action: RETRY, filter: {status: [FAILED]}, reason: "names are allowed now"}) { ... on PlanBulkActionPayload { planId } ... on MutationError { code message } } }',
  );
  return {
    entries: { completed, failed, pending, cancelled },
    webhookId: webhook.createWebhook.webhook.webhookId,
    runId: run.runJobNow.run.runId,
    bulkActionId: plan.planBulkAction.planId,
  };
}

/** Additional environment that a server needs for `furnish`. */
export const FULL_HOUSE_ENV = { WEBHOOK_ALLOWED_NETWORKS: '127.0.0.0/8' } as const;

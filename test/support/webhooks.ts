/** Webhooks for tests: created through the API, with events from the outbox. */
import { randomUUID } from 'node:crypto';
import type { Config } from '../../src/config/config.ts';
import { recordEvents } from '../../src/work/unit.ts';
import type { TestApp } from './app.ts';

/** Allows webhooks to this machine, where the tests' receivers run. */
export const TO_LOOPBACK: Partial<Config> = {
  WEBHOOK_ALLOWED_NETWORKS: ['127.0.0.0/8'],
};

export interface MadeWebhook {
  readonly webhookId: string;
  readonly secret: string;
}

/** Runs a mutation on webhooks and returns its payload or refusal. */
export async function askWebhooks<Answer = Record<string, unknown>>(
  app: TestApp,
  mutation: string,
  input: object,
  selection = '',
  headers: Readonly<Record<string, string>> = {},
): Promise<Answer> {
  const name = `${mutation.charAt(0).toUpperCase()}${mutation.slice(1)}`;
  const { body } = await app.graphql<Record<string, Answer>>(
    `mutation ($input: ${name}Input!) {
      ${mutation}(input: $input) {
        __typename
        ${selection && `... on ${name}Payload { ${selection} }`}
        ... on MutationError { code message }
        ... on InvalidInputError { issues { path code message } }
      }
    }`,
    { input },
    headers,
  );
  const answer = body.data?.[mutation];
  if (answer === undefined || answer === null) throw new Error(`${mutation}: ${JSON.stringify(body.errors)}`);
  return answer;
}

export async function makeWebhook(app: TestApp, input: object): Promise<MadeWebhook> {
  const made = await askWebhooks<{ secret?: string; webhook: { webhookId: string } }>(
    app,
    'createWebhook',
    input,
    'secret webhook { webhookId }',
  );
  if (made.secret === undefined) throw new Error(JSON.stringify(made));
  return { webhookId: made.webhook.webhookId, secret: made.secret };
}

/** Writes one event per aggregate, in this order, and has them published. `actor` contains the event's index. */
export async function writeEvents(app: TestApp, aggregateIds: readonly string[], first = 0): Promise<void> {
  await app.db.transaction((tx) =>
    recordEvents(
      tx,
      aggregateIds.map((aggregateId, index) => ({
        eventType: 'QueuePaused',
        aggregateType: 'Queue',
        aggregateId,
        payload: { familyId: null, until: null, actor: String(first + index) },
      })),
    ),
  );
  app.notices.notify('outbox');
}

export const aggregate = (): string => randomUUID();

/** Makes all deliveries that wait for their next attempt due now. */
export async function hurry(app: TestApp): Promise<void> {
  await app.db.query(
    `UPDATE auth.webhook_deliveries SET due_at = now() WHERE status = 'pending' AND lease_token IS NULL AND due_at IS NOT NULL`,
  );
  app.notices.notify('webhooks');
}

/**
 * The fields of event payloads, declared once, so that a field means the same in every event. None holds a
 * secret or a full name; a username identifies the account.
 */
import { z } from 'zod';

const uuid = (description: string) => z.guid().describe(description);
const instant = (description: string) => z.iso.datetime({ offset: true }).describe(`${description} RFC 3339.`);
const count = (description: string) => z.int().min(0).describe(description);

/** Makes a schema nullable and keeps its description where a reader of the JSON Schema expects it. */
const orNull = <T extends z.ZodType>(schema: T) => schema.nullable().describe(schema.description ?? '');

const entryId = uuid('The entry: `QueuedCreation.entryId` in the API.');
const familyId = orNull(uuid('The family; null when it was deleted.'));
const username = z.string().describe('The account’s username.');
export const role = z.enum(['owner', 'admin', 'member', 'managed_account']).describe('The account’s role.');
export const actor = z.string().describe('Who did it: a caller’s name, or a part of the server.');
export const bulkActionId = orNull(uuid('The bulk action that did it; null if it was done to this entry alone.'));
export const entryStatus = z
  .enum(['pending', 'processing', 'completed', 'failed', 'cancelled'])
  .describe('A status of an entry.');

export const entry = { entryId, familyId, username };
export const job = { jobName: z.string().describe('The job, for example `ManagedAccountRetryJob`.') };
export const provider = z.string().describe('The identity provider’s name.');
export const until = orNull(instant('When it ends automatically; null: when someone ends it.'));
export const key = { keyId: uuid('The key: `EncryptionKey.keyId` in the API.'), actor };
export const bulkAction = {
  bulkActionId: uuid('The bulk action: `BulkAction.bulkActionId` in the API.'),
  action: z.enum(['retry', 'cancel', 'set_run_at']).describe('What it does to each entry.'),
  totalCount: count('How many entries were planned.'),
};
export const apiToken = {
  apiTokenId: uuid('The token: `ApiToken.apiTokenId` in the API.'),
  name: z.string().describe('The token’s name.'),
  role: z.enum(['viewer', 'operator', 'enqueuer', 'admin']).describe('What it may do.'),
  familyId: orNull(uuid('The only family that it sees; null: all.')),
  actor,
};
export const alert = {
  alertId: uuid('The alert: `Alert.alertId` in the API.'),
  rule: z.string().describe('Its rule, for example `ENTRY_FAILED`.'),
  group: z
    .string()
    .describe('Which of the rule’s alerts it is, for example a job’s name; empty if the rule has only one.'),
  severity: z.enum(['info', 'warning', 'critical']).describe('How urgent it is.'),
  summary: z.string().describe('What is wrong, in one sentence.'),
  advice: z.string().describe('What to do about it.'),
  count: count('How many failures or objects it stands for.'),
  subjectKind: z.string().describe('What it is about, for example `job` or `node`: `AlertSubjectKind` in the API.'),
  subjectKey: z.string().nullable().describe('Its key, as the API’s arguments take it; null if there is only one.'),
  startedAt: instant('Since when this is the case.'),
  raisedAt: instant('When the server found it.'),
};
export const webhookId = uuid('The webhook: `Webhook.webhookId` in the API.');

export { count, instant, orNull, uuid };

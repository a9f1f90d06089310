/** REASON_REQUIRED: refuses mutations that stop, replace or remove something without a reason. */
import { InvalidInputError } from '../refusals.ts';

/** The mutations that then need a `reason`, which is optional otherwise. */
export const DESTRUCTIVE: readonly string[] = [
  'cancelEntry',
  'planBulkAction',
  'undoBulkAction',
  'resumeQueue',
  'setQueueLimits',
  'interruptRun',
  'rescheduleJob',
  'closeCircuit',
  'endSilence',
  'revokeApiToken',
  'rotateEncryptionKey',
  'resealEntries',
  'retireEncryptionKey',
  'wrapWithNewMasterKey',
  'updateWebhook',
  'deleteWebhook',
  'rotateWebhookSecret',
];

const MISSING = {
  path: ['reason'],
  code: 'REQUIRED',
  message: 'is needed here: this server keeps a reason for every change of this kind (REASON_REQUIRED).',
};

/** Throws InvalidInputError if the mutation needs a reason and got none. */
export function requireReason(mutation: string, args: { readonly input?: { readonly reason?: string | null } }): void {
  if (DESTRUCTIVE.includes(mutation) && (args.input?.reason ?? '').trim() === '')
    throw new InvalidInputError([MISSING]);
}

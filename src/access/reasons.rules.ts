/** REASON_REQUIRED: what gives something up, stops it or takes it away is refused without a reason. */
import { InvalidInputError } from '../refusals.ts';

/** Mutations whose `reason` may otherwise be left out. */
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

/** Throws InvalidInputError where a mutation insists on a reason and got none. */
export function requireReason(mutation: string, args: { readonly input?: { readonly reason?: string | null } }): void {
  if (DESTRUCTIVE.includes(mutation) && (args.input?.reason ?? '').trim() === '')
    throw new InvalidInputError([MISSING]);
}

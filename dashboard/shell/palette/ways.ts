/**
 * Commands that apply to one of many objects: each leads to the page where the object is chosen. They are listed only
 * when the search text matches.
 */

import {
  Ban,
  BellOff,
  BellRing,
  CirclePause,
  FileUp,
  KeyRound,
  type LucideIcon,
  Pencil,
  RotateCcw,
  Send,
  Trash2,
  Undo2,
  UserRound,
  Wrench,
} from 'lucide-react';
import { type May, refusedBy } from './commands.ts';
import type { Item } from './item.ts';

type Way = readonly [title: string, words: string, icon: LucideIcon, operation: string, href: string];

const WAYS: readonly Way[] = [
  ['Retry an entry', 'again queue one', RotateCcw, 'retryEntry', '/queue'],
  ['Cancel an entry', 'queue one stop', Ban, 'cancelEntry', '/queue'],
  ['Enqueue many accounts', 'csv file paste import bulk', FileUp, 'enqueueAccounts', '/enqueue?tab=many'],
  ['Undo a bulk action', 'take back many retry cancel', Undo2, 'undoBulkAction', '/bulk-actions'],
  ['Pause the entries of a family', 'queue stop hold', CirclePause, 'pauseQueue', '/queue'],
  ['Simulate a downtime', 'what if stop outage misfire', Wrench, 'simulateDowntime', '/schedules'],
  ['Interrupt a run', 'job stop abort cancel', Ban, 'interruptRun', '/runs?status=RUNNING'],
  [
    'Turn a simulator fault on or off',
    'break fix fault set slow down 503 token demo',
    Wrench,
    'setSimulatorFault',
    '/provider',
  ],
  ['Silence an alert', 'mute quiet acknowledge', BellOff, 'silenceAlert', '/alerts'],
  ['Silence an alert rule', 'mute quiet', BellOff, 'silenceAlert', '/alerts?tab=rules'],
  ['End a silence', 'alert unmute', BellRing, 'endSilence', '/alerts?tab=silences'],
  ['Publish an event again', 'redeliver resend outbox parked', Send, 'redeliverOutboxEvent', '/events'],
  ['Send a test to a webhook', 'try ping', Send, 'testWebhook', '/webhooks'],
  ['Redeliver a webhook’s events', 'redeliver resend', Send, 'redeliverWebhook', '/webhooks'],
  ['Change a webhook', 'edit update address events', Pencil, 'updateWebhook', '/webhooks'],
  ['Pause or resume a webhook', 'stop hold continue', CirclePause, 'pauseWebhook', '/webhooks'],
  ['Change the secret of a webhook', 'rotate new sign', KeyRound, 'rotateWebhookSecret', '/webhooks'],
  ['Delete a webhook', 'remove', Trash2, 'deleteWebhook', '/webhooks'],
  ['Revoke an API token', 'delete remove end access', Trash2, 'revokeApiToken', '/access'],
  ['What I may do', 'rights role permissions access you', UserRound, 'viewer', '/access?tab=rights'],
  ['Retire a key', 'destroy delete remove encryption', Trash2, 'retireEncryptionKey', '/keys'],
];

export const wayItems = (may: May): readonly Item[] =>
  WAYS.map(([title, words, icon, operation, href]) => ({
    id: `way ${title}`,
    title,
    words,
    icon,
    disabledBecause: refusedBy(may, operation),
    does: { kind: 'go', href },
  }));

/** Commands for the pages, and for what can be done without choosing an object first. */

import {
  CalendarSync,
  CirclePlus,
  Clock,
  Keyboard,
  KeyRound,
  LogOut,
  Moon,
  RefreshCw,
  RotateCcw,
  Rows3,
  Rows4,
  ShieldCheck,
  SlidersHorizontal,
  Sparkles,
  SquareTerminal,
  Stethoscope,
  Sun,
  SunMoon,
  Unplug,
  Webhook,
} from 'lucide-react';
import {
  createApiToken,
  resealEntries,
  rotateEncryptionKey,
  wrapWithNewMasterKey,
} from '../../access/access-actions.ts';
import type { Permission, Viewer } from '../../access/viewer.tsx';
import { createWebhook } from '../../events/event-actions.ts';
import { checkIdentityProvider, closeCircuit, openCircuit } from '../../provider/provider-actions.ts';
import { ROUTES } from '../../routes.ts';
import { prefer } from '../../ui/preferences.ts';
import type { Item } from './item.ts';

export type May = (operation: string) => Permission;

/** The reason why the viewer may not use an operation; undefined when they may. */
export const refusedBy = (may: May, operation: string): string | undefined => {
  const { isAllowed, reason } = may(operation);
  return isAllowed ? undefined : reason;
};

export const pageItems = (may: May): readonly Item[] =>
  ROUTES.flatMap(({ path, nav }) =>
    nav === undefined
      ? []
      : [
          {
            id: `page ${path}`,
            title: nav.title,
            note: `G ${nav.key.toUpperCase()}`,
            words: `go page ${nav.group}`,
            icon: nav.icon,
            disabledBecause: refusedBy(may, nav.needs),
            does: { kind: 'go', href: path },
          } as const,
        ],
  );

export const generalItems = (may: May): readonly Item[] => [
  {
    id: 'retry all failed',
    title: 'Plan a retry of all failed entries',
    words: 'bulk many',
    icon: RotateCcw,
    disabledBecause: refusedBy(may, 'planBulkAction'),
    does: { kind: 'go', href: '/queue?plan=retry&state=FAILED' },
  },
  {
    id: 'limits',
    title: 'Set the queue’s limits',
    words: 'speed concurrency slow fast',
    icon: SlidersHorizontal,
    disabledBecause: refusedBy(may, 'setQueueLimits'),
    does: { kind: 'go', href: '/queue' },
  },
  {
    id: 'open circuit',
    title: openCircuit.label,
    words: 'identity provider stop zitadel',
    icon: Unplug,
    disabledBecause: refusedBy(may, 'openCircuit'),
    does: { kind: 'act', action: openCircuit, input: {} },
  },
  {
    id: 'close circuit',
    title: closeCircuit.label,
    words: 'identity provider resume zitadel',
    icon: CalendarSync,
    disabledBecause: refusedBy(may, 'closeCircuit'),
    does: { kind: 'act', action: closeCircuit, input: {} },
  },
  {
    id: 'check provider',
    title: 'Check the identity provider now',
    words: 'zitadel token health',
    icon: Stethoscope,
    disabledBecause: refusedBy(may, 'checkIdentityProvider'),
    does: { kind: 'act', action: checkIdentityProvider, input: {} },
  },
  {
    id: 'create token',
    title: 'Create an API token',
    words: 'access new',
    icon: CirclePlus,
    disabledBecause: refusedBy(may, 'createApiToken'),
    does: { kind: 'act', action: createApiToken, input: {} },
  },
  {
    id: 'rotate key',
    title: 'Rotate the encryption key',
    words: 'encryption password new',
    icon: KeyRound,
    disabledBecause: refusedBy(may, 'rotateEncryptionKey'),
    does: { kind: 'act', action: rotateEncryptionKey, input: {} },
  },
  {
    id: 're-encrypt',
    title: 'Re-encrypt passwords',
    words: 'reseal encryption key',
    icon: RefreshCw,
    disabledBecause: refusedBy(may, 'resealEntries'),
    does: { kind: 'act', action: resealEntries, input: {} },
  },
  {
    id: 'master key',
    title: wrapWithNewMasterKey.label,
    words: 'wrap new encryption rotate',
    icon: KeyRound,
    disabledBecause: refusedBy(may, 'wrapWithNewMasterKey'),
    does: { kind: 'act', action: wrapWithNewMasterKey, input: {} },
  },
  {
    id: 'add webhook',
    title: createWebhook.label,
    words: 'create new events',
    icon: Webhook,
    disabledBecause: refusedBy(may, 'createWebhook'),
    does: { kind: 'act', action: createWebhook, input: {} },
  },
  {
    id: 'verify trail',
    title: 'Verify the audit trail',
    words: 'check proof anchor export',
    icon: ShieldCheck,
    disabledBecause: refusedBy(may, 'verifyAuditTrail'),
    does: { kind: 'go', href: '/audit?tab=proof' },
  },
];

const run = (change: () => void) => ({ kind: 'run', run: change }) as const;

export const viewItems = (viewer: Viewer): readonly Item[] => [
  {
    id: 'tour',
    title: 'See it work: the tour',
    words: 'first visit demo simulator break',
    icon: Sparkles,
    does: { kind: 'go', href: '/?tour=1' },
  },
  { id: 'light', title: 'Light theme', words: 'view', icon: Sun, does: run(() => prefer({ theme: 'light' })) },
  { id: 'dark', title: 'Dark theme', words: 'view night', icon: Moon, does: run(() => prefer({ theme: 'dark' })) },
  {
    id: 'system',
    title: 'Theme as the system',
    words: 'view automatic',
    icon: SunMoon,
    does: run(() => prefer({ theme: 'system' })),
  },
  { id: 'utc', title: 'Times in UTC', words: 'zone', icon: Clock, does: run(() => prefer({ zone: 'utc' })) },
  { id: 'local', title: 'Times in the local zone', icon: Clock, does: run(() => prefer({ zone: 'local' })) },
  { id: 'job', title: 'Times in the job’s zone', icon: Clock, does: run(() => prefer({ zone: 'job' })) },
  {
    id: 'dense',
    title: 'Dense rows',
    words: 'view density compact tables',
    icon: Rows4,
    does: run(() => prefer({ density: 'dense' })),
  },
  {
    id: 'roomy',
    title: 'Roomy rows',
    words: 'view density tables',
    icon: Rows3,
    does: run(() => prefer({ density: 'roomy' })),
  },
  {
    id: 'times short',
    title: 'Relative times',
    words: 'view relative ago short',
    icon: Clock,
    does: run(() => prefer({ times: 'short' })),
  },
  {
    id: 'times exact',
    title: 'Times in full',
    words: 'view exact absolute',
    icon: Clock,
    does: run(() => prefer({ times: 'exact' })),
  },
  { id: 'help', title: 'Keyboard shortcuts', note: '?', words: 'help keys', icon: Keyboard, does: { kind: 'help' } },
  {
    id: 'graphiql',
    title: 'GraphiQL',
    words: 'api query explorer',
    icon: SquareTerminal,
    does: { kind: 'leave', href: '/graphql' },
  },
  {
    id: 'sign out',
    title: 'Sign out',
    words: 'log out leave',
    icon: LogOut,
    disabledBecause: viewer.kind === 'LOCAL' ? 'Access control is off.' : undefined,
    does: run(signOut),
  },
];

/** Submits a form, as the account menu does: the server responds with a redirect to its sign-in. */
function signOut(): void {
  const form = document.createElement('form');
  form.method = 'post';
  form.action = '/sign-out';
  document.body.append(form);
  form.submit();
}

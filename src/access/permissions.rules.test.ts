import { describe, expect, it } from 'vitest';
import type { Role } from '../work/caller.ts';
import { denial, OPERATIONS, permissionsOf, READ_ONLY_DENIAL } from './permissions.rules.ts';

const allowed = (role: Role, familyId: string | null = null, isReadOnly = false): string[] =>
  permissionsOf({ role, familyId }, isReadOnly)
    .filter(({ isAllowed }) => isAllowed)
    .map(({ kind, name }) => `${kind} ${name}`);
const mutations = (names: readonly string[]): string[] => names.filter((name) => name.startsWith('mutation'));

// Written independently of the table, from the purpose of each role.
describe('what a role may do', () => {
  it('a VIEWER changes nothing, and sees neither tokens, keys nor the audit trail', () => {
    expect(mutations(allowed('viewer'))).toEqual([]);
    const seen = allowed('viewer').join(' ');
    expect(seen).not.toMatch(/apiTokens|encryptionKeys|resealing|auditEntries|verifyAudit/);
    expect(seen).toMatch(/queuedCreations .*jobSchedules .*jobRunChanged/);
  });

  it('an ENQUEUER enqueues and reads entries, and nothing else', () => {
    expect(allowed('enqueuer').sort()).toEqual([
      'mutation enqueueAccount',
      'mutation enqueueAccounts',
      'query changeCursor',
      'query node',
      'query queuedCreation',
      'query queuedCreations',
      'query viewer',
      'subscription changed',
      'subscription queuedCreationChanged',
    ]);
  });

  it('an OPERATOR retries, cancels, runs and pauses, and leaves schedules, circuit, keys and tokens alone', () => {
    expect(mutations(allowed('operator')).sort()).toEqual(
      [
        'retryEntry',
        'cancelEntry',
        'planBulkAction',
        'applyBulkAction',
        'undoBulkAction',
        'pauseQueue',
        'resumeQueue',
        'setQueueLimits',
        'runJobNow',
        'pauseJob',
        'resumeJob',
        'interruptRun',
        'checkIdentityProvider',
        'testWebhook',
        'pauseWebhook',
        'resumeWebhook',
        'redeliverWebhook',
        'redeliverOutboxEvent',
        'silenceAlert',
        'endSilence',
      ]
        .map((name) => `mutation ${name}`)
        .sort(),
    );
  });

  it('an ADMIN may do all of it', () => {
    expect(allowed('admin')).toHaveLength(Object.keys(OPERATIONS).length);
  });

  it('bound to a family, even an ADMIN has nothing to do with jobs, nodes, the circuit, tokens and keys', () => {
    const ofFamily = allowed('admin', 'f').join(' ');
    expect(ofFamily).not.toMatch(/[jJ]ob|[nN]odes|[cC]ircuit|Token|[kK]ey|identity|Forecast|Limits|verify|Anchor/);
    expect(ofFamily).toMatch(/retryEntry .*pauseQueue/);
  });

  it('where the server is read-only, nobody changes anything, and everybody is told so', () => {
    for (const role of ['viewer', 'operator', 'enqueuer', 'admin'] as const) {
      expect(mutations(allowed(role, null, true))).toEqual([]);
      expect(allowed(role, null, true).length).toBeGreaterThan(3);
    }
    const [first] = permissionsOf({ role: 'admin', familyId: null }, true).filter(({ kind }) => kind === 'mutation');
    expect(first?.reason).toBe(READ_ONLY_DENIAL);
  });
});

it('a denial names the operation, the caller’s role and the roles that may', () => {
  const permission = { roles: ['operator', 'admin'] as const, isForFamilies: false };
  expect(denial('retryEntry', permission, { role: 'viewer', familyId: null })).toBe(
    'Your role VIEWER may not use retryEntry. It needs OPERATOR or ADMIN.',
  );
  expect(denial(undefined, permission, { role: 'viewer', familyId: null })).toBe(
    'Your role VIEWER may not use this. It needs OPERATOR or ADMIN.',
  );
  expect(denial('retryEntry', permission, { role: 'admin', familyId: 'f' })).toMatch(/bound to none/);
  expect(denial('retryEntry', permission, { role: 'admin', familyId: null })).toBeUndefined();
});

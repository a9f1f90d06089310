/**
 * A node that dies by `kill -9` while it creates an account, at each of the five moments: the next node ends with
 * one account, one user and one event, and the crash costs the entry no retry.
 */
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { CRASH_MOMENTS } from '../support/crash-moments.ts';
import { type CrashStage, createCrashStage } from '../support/crash-stage.ts';

// Each start of a server costs about a second of CPU time, which other tests need too.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

let stage: CrashStage;

beforeAll(async () => {
  stage = await createCrashStage();
});

afterAll(() => stage.close());

describe('kill -9', () => {
  // The second node of each moment is the first node of the next.
  it.each(CRASH_MOMENTS)('%s: one account, one user, one event, no retry lost', async (moment) => {
    const username = `crash_${CRASH_MOMENTS.indexOf(moment)}`;
    const { traces, killed, next } = await stage.crashAndRestart(moment, username);
    expect(traces).toEqual({
      status: 'completed',
      retryCount: 0,
      hasPassword: false,
      accounts: 1,
      users: 1,
      events: 1,
      attempts: moment === 'after the commit' ? ['succeeded'] : ['interrupted', 'succeeded'],
      // A statement sent by the dead node must not win over the node that took the entry over.
      completedBy: moment === 'after the commit' ? killed : next,
    });
  });
});

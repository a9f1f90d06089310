/**
 * The crash tests again and again, in random order: twenty deaths of nodes on one database, each
 * at one of the five moments, and at the end everything there is still adds up.
 */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { CRASH_MOMENTS } from '../support/crash-moments.ts';
import { type CrashStage, createCrashStage } from '../support/crash-stage.ts';

const REPETITIONS = 20;
let stage: CrashStage;

beforeAll(async () => {
  stage = await createCrashStage();
});

afterAll(() => stage.close());

it(`makes one account each, though nodes are killed ${REPETITIONS} times`, async () => {
  for (let index = 0; index < REPETITIONS; index += 1) {
    const moment = CRASH_MOMENTS[Math.floor(Math.random() * CRASH_MOMENTS.length)] ?? 'after the claim';
    const { traces } = await stage.crashAndRestart(moment, `crash_${index}`);
    expect(traces, `repetition ${index}, ${moment}`).toMatchObject({
      status: 'completed',
      retryCount: 0,
      accounts: 1,
      users: 1,
      events: 1,
    });
  }
});

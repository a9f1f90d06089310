/**
 * The crash tests again and again: nodes die on one database, twenty times at each of the five
 * moments, in random order, so that each death meets what another one left; and at the end
 * everything there is still adds up.
 */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { CRASH_MOMENTS, type CrashMoment } from '../support/crash-moments.ts';
import { type CrashStage, createCrashStage } from '../support/crash-stage.ts';
import { showFigures } from '../support/flow.ts';

const REPETITIONS = 20;
let stage: CrashStage;

beforeAll(async () => {
  stage = await createCrashStage();
});

afterAll(() => stage.close());

it(`makes one account each, though nodes are killed ${REPETITIONS} times at each moment`, {
  timeout: 900_000,
}, async () => {
  const deaths = shuffled(CRASH_MOMENTS.flatMap((moment) => Array.from({ length: REPETITIONS }, () => moment)));
  const begun = performance.now();
  for (const [index, moment] of deaths.entries()) {
    const { traces } = await stage.crashAndRestart(moment, `crash_${index}`);
    expect(traces, `death ${index}, ${moment}`).toMatchObject({
      status: 'completed',
      retryCount: 0,
      accounts: 1,
      users: 1,
      events: 1,
    });
  }
  showFigures('deaths', { deaths: deaths.length, seconds: Math.round((performance.now() - begun) / 1_000) });
});

function shuffled(moments: readonly CrashMoment[]): CrashMoment[] {
  return moments
    .map((moment) => ({ moment, order: Math.random() }))
    .sort((one, other) => one.order - other.order)
    .map(({ moment }) => moment);
}

/**
 * The crash tests repeated: nodes die ten times at each of the five moments, in random order, so that each death
 * meets the state left by another; at the end everything must still be consistent. Two databases in parallel,
 * because most of the time is spent on starting servers.
 */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { CRASH_MOMENTS, type CrashMoment } from '../support/crash-moments.ts';
import { type CrashStage, createCrashStage } from '../support/crash-stage.ts';
import { showFigures } from '../support/flow.ts';

const REPETITIONS = 10;
const STAGES = 2;
const stages: CrashStage[] = [];

beforeAll(async () => {
  for (let index = 0; index < STAGES; index += 1) stages.push(await createCrashStage());
}, 60_000);

afterAll(() => Promise.all(stages.map((stage) => stage.close())));

it(`makes one account each, though nodes are killed ${REPETITIONS} times at each moment`, {
  timeout: 900_000,
}, async () => {
  const deaths = shuffled(CRASH_MOMENTS.flatMap((moment) => Array.from({ length: REPETITIONS }, () => moment)));
  const count = deaths.length;
  const begun = performance.now();
  const playOn = async (stage: CrashStage): Promise<void> => {
    for (let moment = deaths.pop(); moment !== undefined; moment = deaths.pop()) {
      const name = `crash_${deaths.length}`;
      const { traces } = await stage.crashAndRestart(moment, name);
      expect(traces, `${name}, ${moment}`).toMatchObject({
        status: 'completed',
        retryCount: 0,
        accounts: 1,
        users: 1,
        events: 1,
      });
    }
  };
  await Promise.all(stages.map(playOn));
  showFigures('deaths', { deaths: count, seconds: Math.round((performance.now() - begun) / 1_000) });
});

function shuffled(moments: readonly CrashMoment[]): CrashMoment[] {
  return moments
    .map((moment) => ({ moment, order: Math.random() }))
    .sort((one, other) => one.order - other.order)
    .map(({ moment }) => moment);
}

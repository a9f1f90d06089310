/** What a caller who names nothing in particular hears of each topic: each topic's subscription says it. */
import type { ChangeTopic } from '../../database/generated/prisma/enums.ts';
import type { InterestOf } from './change-stream.ts';

const interests = new Map<ChangeTopic, InterestOf>();

/** Says it for a topic; once, where the topic's own subscription is declared. */
export function registerInterest(topic: ChangeTopic, interestOf: InterestOf): void {
  interests.set(topic, interestOf);
}

/** Throws for a topic whose subscription was not loaded. */
export function interestIn(topic: ChangeTopic): InterestOf {
  const interestOf = interests.get(topic);
  if (interestOf === undefined) throw new Error(`No subscription says what is heard of "${topic}".`);
  return interestOf;
}

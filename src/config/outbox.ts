/** How events are published; part of the settings. */
import { integer, setting } from './values.ts';

export const OUTBOX_SETTINGS = {
  EVENT_ATTEMPTS: setting({
    schema: integer(1, 100),
    default: '10',
    example: '5',
    means:
      'After how many failures an event is parked and no longer holds back what follows it; the failures are 1 s, 2 s, 4 s ... 10 min apart.',
  }),
} as const;

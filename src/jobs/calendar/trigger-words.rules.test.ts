import { expect, it } from 'vitest';
import { triggerWords } from './trigger-words.rules.ts';

it.each([
  ['* * * * *', 'UTC', 'Every 1 minute'],
  ['0 * * * * *', 'UTC', 'Every 1 minute'],
  ['*/5 * * * *', 'Europe/Berlin', 'Every 5 minutes'],
  ['* * * * * *', 'UTC', 'Every 1 second'],
  ['*/10 * * * * *', 'UTC', 'Every 10 seconds'],
  ['0 * * * *', 'UTC', 'Every 1 hour'],
  ['@hourly', 'UTC', 'Every 1 hour'],
  ['0 */6 * * *', 'UTC', 'Every 6 hours'],
  ['0 3 * * *', 'UTC', 'Daily at 3 AM UTC'],
  ['0 0 3 * * ?', 'UTC', 'Daily at 3 AM UTC'],
  ['30 15 * * *', 'Europe/Berlin', 'Daily at 3:30 PM Europe/Berlin'],
  ['5 0 * * *', 'UTC', 'Daily at 12:05 AM UTC'],
  ['0 12 * * *', 'UTC', 'Daily at 12 PM UTC'],
  ['@daily', 'UTC', 'Daily at 12 AM UTC'],
  ['0 3,15 * * *', 'UTC', 'At 03:00 and 15:00 every day, UTC'],
  ['0 3 * * MON', 'UTC', 'At 03:00, only on Monday, UTC'],
  ['0 3 1 * *', 'America/New_York', 'At 03:00, on day 1 of the month, America/New_York'],
  ['30 0 3 * * *', 'UTC', 'At 03:00:30 every day, UTC'],
])('%s in %s is "%s"', (cron, zone, words) => expect(triggerWords(cron, zone)).toBe(words));

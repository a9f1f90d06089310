/**
 * When a schedule fires, in the wording that Family Hub's operators know from their log: "Every 1 minute", "Daily
 * at 3 AM UTC". Schedules without such a form use the general description and the zone.
 */
import { cronDescription, cronOf, fieldsOf } from './cron.rules.ts';

/** For the log, starting with a capital. Throws an Error when the cron is invalid. */
export function triggerWords(cron: string, timeZone: string): string {
  const { fieldCount } = cronOf(cron);
  const fields = fieldsOf(cron);
  const [second = '', minute = '', hour = '', ...days] = fieldCount === 5 ? ['0', ...fields] : fields;
  const isDaily = days.every((field) => field === '*');
  if (isDaily) {
    const every =
      (minute === '*' && hour === '*' && everyOf(second, 60, 'second')) ||
      (second === '0' && hour === '*' && everyOf(minute, 60, 'minute')) ||
      (second === '0' && minute === '0' && everyOf(hour, 24, 'hour'));
    if (every) return every;
    const isOneTime = [minute, hour].every((field) => /^\d+$/.test(field));
    if (isOneTime && second === '0') return `Daily at ${clockWords(Number(hour), Number(minute))} ${timeZone}`;
  }
  const words = cronDescription(cron);
  return `${words.charAt(0).toUpperCase()}${words.slice(1)}, ${timeZone}`;
}

/** A step that does not divide the range starts over at its end, so "every" would be wrong. */
function everyOf(field: string, whole: number, unit: string): string | undefined {
  const step = field === '*' ? 1 : Number(/^\*\/(\d+)$/.exec(field)?.[1] ?? 0);
  if (step < 1 || whole % step !== 0) return undefined;
  return `Every ${step} ${unit}${step === 1 ? '' : 's'}`;
}

/** 3 AM, 3:30 PM, 12 AM at midnight. */
function clockWords(hour: number, minute: number): string {
  const minutes = minute === 0 ? '' : `:${String(minute).padStart(2, '0')}`;
  return `${hour % 12 === 0 ? 12 : hour % 12}${minutes} ${hour < 12 ? 'AM' : 'PM'}`;
}

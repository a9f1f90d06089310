/**
 * The log lines about schedules: how each fires, when that changes, and, at the start, when it fires next. The
 * wording is the one that Family Hub's operators search for, letter for letter.
 */
import type { Logger } from '../../telemetry/logger.ts';
import { triggerWords } from '../calendar/trigger-words.rules.ts';
import type { Schedule } from './schedules.ts';

export interface ScheduleLog {
  /** A schedule was read: logs how it fires, unless that was logged before. */
  read(schedule: Schedule): void;
  /** A schedule cannot be used: logs the reason, once for each version. */
  refused(schedule: Schedule, problem: string): void;
  /** The scheduler has started: lists each job's trigger, with its next fire where it has one. */
  started(jobNames: readonly string[], nextFire: (jobName: string) => Date | undefined): void;
}

export function createScheduleLog(logger: Logger): ScheduleLog {
  const said = new Map<string, string>();
  const isNew = (jobName: string, text: string): boolean => {
    const isSaid = said.get(jobName) === text;
    said.set(jobName, text);
    return !isSaid;
  };
  // The start already logs how jobs fire; only a later change is worth the info level.
  const newsLevel = (jobName: string) => (said.has(jobName) ? 'info' : 'debug');
  return {
    read({ name: jobName, cron, timeZone, pausedAt, pausedUntil }) {
      const trigger = triggerWords(cron, timeZone);
      const until = pausedUntil === null ? '' : ` until ${pausedUntil.toISOString()}`;
      const text = `${jobName} scheduled with trigger: ${trigger}${pausedAt === null ? '' : ` (paused${until})`}`;
      const level = newsLevel(jobName);
      if (isNew(jobName, text))
        logger[level]({ jobName, trigger, cron, timeZone, isPaused: pausedAt !== null || undefined }, text);
    },
    refused({ name: jobName, version }, problem) {
      if (isNew(jobName, `${version} ${problem}`)) logger.error({ jobName }, `Not scheduled. ${problem}`);
    },
    started(jobNames, nextFire) {
      logger.info({ jobs: jobNames }, 'Scheduler started');
      for (const jobName of jobNames) {
        // A schedule is its job's only trigger; manual runs have none.
        const triggerCount = 1;
        logger.debug({ jobName, triggerCount }, `Job ${jobName}: ${triggerCount} triggers`);
        const triggerName = `${jobName}-trigger`;
        const next = nextFire(jobName)?.toISOString();
        const text = `Trigger: ${triggerName}, Next Fire: ${next ?? 'none'}`;
        logger.debug({ jobName, triggerName, nextFire: next }, text);
      }
    },
  };
}

/** What the comparison asks of each contestant. */

export interface Contestant {
  readonly name: string;
  /** The process that works. */
  readonly pid: number;
  /** Deletes all jobs and what they created. */
  clear(): Promise<void>;
  /** Enqueues `count` jobs by 1,000 from one caller, while nothing works. Resolves to the seconds it took. */
  enqueueBulk(count: number): Promise<number>;
  /** Enqueues `count` jobs one by one from 16 callers, while nothing works. Resolves to the seconds it took. */
  enqueueSingly(count: number): Promise<number>;
  startWork(): Promise<void>;
  stopWork(): Promise<void>;
  /** How many jobs are not completed. */
  unfinished(): Promise<number>;
  /** Enqueues one job; resolves to the epoch milliseconds just before the call. */
  enqueueOne(): Promise<number>;
  close(): Promise<void>;
}

export const CALLERS = 16;
export const BULK = 1_000;
export const CONCURRENCY = 32;

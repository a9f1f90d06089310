/** What a peer's file makes of its library. */

export interface Queue {
  clear(): Promise<void>;
  enqueueOne(): Promise<void>;
  enqueueBulk(count: number): Promise<void>;
  startWork(): Promise<void>;
  stopWork(): Promise<void>;
  /** How many jobs are not completed: a query for it, or a function. */
  readonly unfinished: string | (() => Promise<number>);
  close(): Promise<void>;
}

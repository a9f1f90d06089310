/**
 * Constants that no one who runs the server has a reason to change. They are part of the configuration
 * so that tests and benchmarks can give others; no environment variable reaches them. Names in capitals
 * are settings, these are not. Times are in milliseconds.
 */
export const TUNING = {
  /** How often one of the nodes evaluates the alert rules: a dozen short indexed queries. */
  alertIntervalMs: 10_000,
  /** How long the cause of an alert must be gone before the alert is over: one that flaps stays one alert. */
  alertHoldMs: 60_000,
};

export type Tuning = Readonly<typeof TUNING>;

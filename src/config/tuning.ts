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
  /** Open connections of one node; more get 503. Far below what a process may open, far above honest use. */
  maxConnections: 5_000,
  /** How long a client may take to send the headers of a request, against clients that send a byte now and then. */
  headersTimeoutMs: 10_000,
  /** How long a client may take to send a whole request. */
  bodyTimeoutMs: 30_000,
  /** A client that does not take the whole of an answer, or what a subscription has for it, in this time is cut off. */
  slowReaderTimeoutMs: 60_000,
  /** What may wait for the client of one subscription, in bytes; with more it is cut off. */
  maxUnsentBytes: 1_000_000,
  /** How long an answer may take: a mutation that waits for a run does so for up to 30 s. */
  requestTimeoutMs: 60_000,
  /** How long a database query of the API may take. Shorter than an answer, so that no query outlives its answer. */
  statementTimeoutMs: 15_000,
  /** A caller that was quiet may send the requests of so many seconds at once. */
  rateBurstSeconds: 2,
  /** After so many failures, 1 s, 2 s, 4 s ... 10 min apart, an event is parked: its cause is not one that passes. */
  eventAttempts: 10,
  /** How long an attempt to deliver to a webhook may take: name, connection and answer. Receivers answer first and work later. */
  webhookTimeoutMs: 10_000,
  /** How many deliveries to one webhook one node makes at the same time: a receiver that hangs holds no more. */
  webhookConcurrency: 4,
  /** How long a delivery is retried, less and less often; then it has failed, and the next of its aggregate has its turn. */
  webhookRetryWindowMs: 86_400_000,
  /** After this time without a single delivery a webhook is disabled: longer than a weekend and a holiday. */
  webhookDisableAfterMs: 5 * 86_400_000,
};

export type Tuning = Readonly<typeof TUNING>;

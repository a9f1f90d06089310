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
  /**
   * How often one node measures for all what metrics show of the database, while someone scrapes. Less often
   * where that is slow, so that it takes 2 % of one connection's time.
   */
  metricsIntervalMs: 10_000,
  /** How long an interrupted run may take to end; then it is closed as interrupted. */
  interruptGraceMs: 10_000,
  /**
   * Wrong credentials from one address within a minute. Then all that comes from it is answered with 429, but for
   * tokens and sessions that were good lately: for 30 s at first, twice as long each time, up to 15 min.
   */
  authenticationFailuresPerMinute: 10,
  /** Open connections of one node; more get 503. Bounds the memory and files that idle clients can hold. */
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

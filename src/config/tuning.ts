/**
 * Constants that an operator has no reason to change. They are part of the configuration so that tests and
 * benchmarks can override them; no environment variable sets them. Names in capitals are settings, these
 * are not. Times are in milliseconds.
 */
export const TUNING = {
  /** How often the alert rules are evaluated, by one of the nodes: a dozen short indexed queries. */
  alertIntervalMs: 10_000,
  /** How long the cause of an alert must be gone before the alert is resolved: a flapping cause stays one alert. */
  alertHoldMs: 60_000,
  /**
   * How often one node queries the database for the metrics of all nodes, while they are scraped. Less
   * often if the queries are slow, so that they take at most 2 % of one connection’s time.
   */
  metricsIntervalMs: 10_000,
  /** How long an interrupted run may take to end; after that it is closed as interrupted. */
  interruptGraceMs: 10_000,
  /**
   * How many failed authentications one address may have within a minute. After that, its requests get 429,
   * except with tokens and sessions that recently succeeded: for 30 s at first, twice as long each time, up
   * to 15 min.
   */
  authenticationFailuresPerMinute: 10,
  /** Open connections of one node; more get 503. Bounds the memory and files that idle clients can hold. */
  maxConnections: 5_000,
  /** How long a client may take to send the headers of a request, against clients that send one byte at a time. */
  headersTimeoutMs: 10_000,
  /** How long a client may take to send a whole request. */
  bodyTimeoutMs: 30_000,
  /**
   * How long a client may take to read a response, or the pending events of a subscription, before it is
   * disconnected.
   */
  slowReaderTimeoutMs: 60_000,
  /** How many unsent bytes one subscription may have before its client is disconnected. */
  maxUnsentBytes: 1_000_000,
  /** How long a response may take: a mutation that waits for a run waits up to 30 s. */
  requestTimeoutMs: 60_000,
  /** How long a database query of the API may take. Shorter than a response, so that no query outlives its request. */
  statementTimeoutMs: 15_000,
  /** The burst, in seconds of the rate: a caller that was idle may send this many seconds’ requests at once. */
  rateBurstSeconds: 2,
  /** After this many failures, 1 s, 2 s, 4 s ... 10 min apart, an event is parked: its error is not transient. */
  eventAttempts: 10,
  /**
   * How long one delivery attempt to a webhook may take, including DNS lookup, connection and response.
   * Receivers should respond first and process later.
   */
  webhookTimeoutMs: 10_000,
  /** How many deliveries one node sends to one webhook at the same time: a receiver that hangs blocks no more. */
  webhookConcurrency: 4,
  /** How long a delivery is retried, at growing intervals; then it fails, and the next one of its aggregate is sent. */
  webhookRetryWindowMs: 86_400_000,
  /** A webhook without a successful delivery for this long is disabled: longer than a weekend and a holiday. */
  webhookDisableAfterMs: 5 * 86_400_000,
};

export type Tuning = Readonly<typeof TUNING>;

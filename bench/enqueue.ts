/**
 * Benchmarks enqueueing one entry per request over GraphQL and HTTP, 16 callers: validated, encrypted and
 * idempotent, with the circuit open, so that entries are only queued. For comparison, the API without any
 * work (`{ __typename }`) in the same run.
 */

import { startBenchServer } from './server.ts';
import { median } from './setting.ts';

const REQUESTS = Number(process.argv[2] ?? 4_000);
const ROUNDS = Number(process.argv[3] ?? 5);

const server = await startBenchServer();
try {
  await server.graphql('mutation { openCircuit(input: {reason: "benchmark: only queue"}) { __typename } }');
  const bare: number[] = [];
  const enqueued: number[] = [];
  for (let round = 0; round <= ROUNDS; round++) {
    const nothing = await server.load('typename', 16, REQUESTS);
    const enqueue = await server.load('enqueue', 16, REQUESTS);
    console.log(
      `round ${round}: enqueue ${enqueue.rate.toFixed(0)}/s (p50 ${enqueue.p50.toFixed(1)} ms, p99 ${enqueue.p99.toFixed(1)} ms), no work ${nothing.rate.toFixed(0)}/s`,
    );
    if (round === 0) continue;
    bare.push(nothing.rate);
    enqueued.push(enqueue.rate);
  }
  const ratios = enqueued.map((rate, index) => rate / (bare[index] ?? Number.NaN));
  console.log(
    `median of ${ROUNDS}: enqueue ${median(enqueued).toFixed(0)}/s, no work ${median(bare).toFixed(0)}/s, ratio ${median(ratios).toFixed(2)} (${Math.min(...ratios).toFixed(2)} to ${Math.max(...ratios).toFixed(2)})`,
  );
} finally {
  await server.stop();
}

/**
 * Benchmarks enqueueing over GraphQL and HTTP: one entry per request with 16 callers and with one, and 1,000
 * entries per request. Entries are validated, encrypted, audited and idempotent, and every request is
 * authenticated. The circuit is open, so that entries are only queued. For comparison, the API without any
 * work (`{ __typename }`) in the same run.
 */

import { type Cost, type Load, type LoadKind, startBenchServer } from './server.ts';
import { median } from './setting.ts';

const REQUESTS = Number(process.argv[2] ?? 4_000);
const ROUNDS = Number(process.argv[3] ?? 5);

interface Kind {
  readonly name: string;
  readonly load: readonly [LoadKind, callers: number, requests: number];
  readonly entries: number;
}
const NO_WORK: Kind = { name: 'no work, 16 callers', load: ['typename', 16, REQUESTS], entries: 1 };
const KINDS: readonly Kind[] = [
  NO_WORK,
  { name: 'one per request, 16 callers', load: ['enqueue', 16, REQUESTS], entries: 1 },
  { name: 'one per request, 1 caller', load: ['enqueue', 1, REQUESTS / 5], entries: 1 },
  { name: '1,000 per request, 1 caller', load: ['bulk', 1, 10], entries: 1_000 },
];

const server = await startBenchServer({ ADMIN_TOKEN: 'a-token-for-benchmarks-of-32-characters', RATE_LIMIT: '100000' });
try {
  await server.graphql('mutation { openCircuit(input: {reason: "benchmark: only queue"}) { __typename } }');
  const results = new Map<Kind, (Load & Cost)[]>(KINDS.map((kind) => [kind, []]));
  for (let round = 0; round <= ROUNDS; round++) {
    for (const kind of KINDS) {
      const result = await server.load(...kind.load);
      console.log(`round ${round}: ${kind.name}: ${told(kind, [result])}`);
      if (round > 0) results.get(kind)?.push(result);
    }
  }
  const bare = results.get(NO_WORK) ?? [];
  for (const [kind, all] of results) {
    const ratios = all.map(({ rate }, index) => (rate * kind.entries) / (bare[index]?.rate ?? Number.NaN));
    console.log(
      `median of ${ROUNDS}: ${kind.name}: ${told(kind, all)}, ratio to no work ${median(ratios).toFixed(2)} (${Math.min(...ratios).toFixed(2)} to ${Math.max(...ratios).toFixed(2)})`,
    );
  }
} finally {
  await server.stop();
}

function told({ entries }: Kind, all: readonly (Load & Cost)[]): string {
  const of = (pick: (one: Load & Cost) => number): number => median(all.map(pick));
  return `${(of(({ rate }) => rate) * entries).toFixed(0)}/s (p50 ${of(({ p50 }) => p50).toFixed(1)} ms, p99 ${of(({ p99 }) => p99).toFixed(1)} ms; CPU an entry: ${(of(({ ours }) => ours) / entries).toFixed(0)} µs ours, ${(of(({ postgres }) => postgres) / entries).toFixed(0)} µs PostgreSQL's)`;
}

/**
 * Sends load from a separate process, so that it does not use the server’s event loop: each caller sends
 * the next request when the last one was answered. Benchmarks start it with a URL, the number of callers
 * and of requests, and the kind of request.
 */
import { randomUUID } from 'node:crypto';
import { Pool } from 'undici';

const [url = '', callers = '16', requests = '1000', kind = 'typename', familyId = '', userId = '', cursor = ''] =
  process.argv.slice(2);
const pool = new Pool(url, { connections: Number(callers), pipelining: 1 });
const token = process.env.BENCH_TOKEN ?? '';
const headers = { 'content-type': 'application/json', ...(token === '' ? {} : { authorization: `Bearer ${token}` }) };
const run = randomUUID().slice(0, 8).replaceAll('-', '');

const ENQUEUE = `mutation ($input: EnqueueAccountInput!) { enqueueAccount(input: $input) {
  ... on EnqueueAccountPayload { generatedPassword isReplay entry { entryId status } } ... on MutationError { code message } } }`;
const BULK = `mutation ($input: EnqueueAccountsInput!) { enqueueAccounts(input: $input) {
  ... on EnqueueAccountsPayload { acceptedCount refusedCount results { index result { ... on EnqueueAccountPayload { entry { entryId } } ... on MutationError { code message } } } }
  ... on MutationError { code message } } }`;
const DEEP = `query ($after: String) { queuedCreations(first: 20, after: $after) { nodes { entryId username status family { name } createdBy { fullName } } } }`;
const PAGE = `{ queuedCreations(first: 20) { nodes { entryId username status family { name } createdBy { fullName } } } }`;

const account = (number: number) => ({
  familyId,
  createdByUserId: userId,
  username: `b${run}_${number}`,
  fullName: 'Some Body',
  password: 'correct horse battery',
});

function bodyOf(index: number): string {
  if (kind === 'enqueue') {
    const input = { ...account(index), idempotencyKey: `${run}-${index}` };
    return JSON.stringify({ query: ENQUEUE, variables: { input } });
  }
  if (kind === 'bulk') {
    const items = Array.from({ length: 1_000 }, (_, item) => account(index * 1_000 + item));
    return JSON.stringify({ query: BULK, variables: { input: { items, idempotencyKey: `${run}-${index}` } } });
  }
  if (kind === 'deep') return JSON.stringify({ query: DEEP, variables: { after: cursor } });
  return JSON.stringify({ query: kind === 'page' ? PAGE : '{ __typename }' });
}

let next = 0;
const times: number[] = [];
async function caller(): Promise<void> {
  while (next < Number(requests)) {
    const body = bodyOf(next++);
    const begun = performance.now();
    const answer = await pool.request({
      method: 'POST',
      path: '/graphql',
      headers,
      body,
    });
    const text = await answer.body.text();
    times.push(performance.now() - begun);
    if (answer.statusCode !== 200 || text.includes('"errors"') || text.includes('"code"'))
      throw new Error(`Answered ${answer.statusCode}: ${text.slice(0, 300)}`);
  }
}

const begun = performance.now();
await Promise.all(Array.from({ length: Number(callers) }, caller));
const seconds = (performance.now() - begun) / 1_000;
times.sort((a, b) => a - b);
const at = (share: number): number => times[Math.floor(times.length * share)] ?? Number.NaN;
process.stdout.write(`${JSON.stringify({ rate: Number(requests) / seconds, p50: at(0.5), p99: at(0.99) })}\n`);
await pool.close();

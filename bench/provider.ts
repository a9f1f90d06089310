/**
 * A provider that creates every account, after some milliseconds (default 5), and knows one organization. It is a
 * separate process (provider-process.ts), so that it uses none of our time. Its parent can ask it when further
 * requests for accounts arrive.
 */
import { createServer } from 'node:http';

const LATENCY_MS = Number(process.argv[2] ?? 5);
let expected = 0;
const server = createServer((request, response) => {
  const cameAt = performance.timeOrigin + performance.now();
  if (request.method === 'POST' && expected > 0 && --expected === 0) process.send?.(cameAt);
  let body = '';
  request.on('data', (chunk: Buffer) => {
    body += chunk.toString('latin1');
  });
  request.on('end', () => {
    const answer =
      request.method === 'POST'
        ? { id: /"userId":"([^"]+)"/.exec(body)?.[1] ?? '' }
        : { org: { id: 'o', name: 'Bench' } };
    setTimeout(() => {
      response.writeHead(200, { 'content-type': 'application/json' });
      response.end(JSON.stringify(answer));
    }, LATENCY_MS);
  });
});
process.on('message', (count: number) => {
  expected = count;
  process.send?.('counting');
});
server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  process.send?.(typeof address === 'object' && address ? address.port : 0);
});
process.on('disconnect', () => process.exit());

/**
 * A provider that only responds to CreateUser, after some milliseconds (default 5). It is a separate
 * process, so that it uses none of our time. With `tell`, it reports to its parent when each request
 * arrived.
 */
import { createServer } from 'node:http';

const LATENCY_MS = Number(process.argv[2] ?? 5);
const tellsParent = process.argv[3] === 'tell';
const server = createServer((request, response) => {
  const cameAt = performance.timeOrigin + performance.now();
  let body = '';
  request.on('data', (chunk: Buffer) => {
    body += chunk.toString('latin1');
  });
  request.on('end', () => {
    const id = /"userId":"([^"]+)"/.exec(body)?.[1] ?? '';
    if (tellsParent) process.send?.({ id, at: cameAt });
    setTimeout(() => {
      response.writeHead(200, { 'content-type': 'application/json' });
      response.end(`{"id":"${id}"}`);
    }, LATENCY_MS);
  });
});
server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  process.stdout.write(`${typeof address === 'object' && address ? address.port : 0}\n`);
});
process.on('disconnect', () => process.exit());

/** A provider that does nothing but answer CreateUser after 5 ms: a process of its own, so that it costs us no time. */
import { createServer } from 'node:http';

const LATENCY_MS = 5;
const server = createServer((request, response) => {
  let body = '';
  request.on('data', (chunk: Buffer) => {
    body += chunk.toString('latin1');
  });
  request.on('end', () => {
    const id = /"userId":"([^"]+)"/.exec(body)?.[1] ?? '';
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

/** A Redis of its own for BullMQ, with the persistence that BullMQ's authors advise: an append-only file, synced once a second. */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface Redis {
  readonly pid: number;
  readonly port: number;
  stop(): Promise<void>;
}

/** Starts redis-server on a free port of loopback; undefined where it is not installed. */
export async function startRedis(): Promise<Redis | undefined> {
  if (spawnSync('redis-server', ['--version']).error !== undefined) return undefined;
  const folder = await mkdtemp(join(tmpdir(), 'family-hub-bench-redis-'));
  const port = await freePort();
  const child = spawn(
    'redis-server',
    `--port ${port} --bind 127.0.0.1 --dir ${folder} --save  --appendonly yes --appendfsync everysec --maxmemory-policy noeviction`.split(
      ' ',
    ),
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  for await (const chunk of child.stdout.iterator({ destroyOnReturn: false }))
    if (String(chunk).includes('Ready to accept connections')) break;
  child.stdout.resume();
  return {
    pid: child.pid ?? 0,
    port,
    async stop() {
      child.kill('SIGTERM');
      await once(child, 'exit');
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  return typeof address === 'object' && address ? address.port : 0;
}

/** A server process with a probe in its event loop, to measure how long one request blocks it. */
import { randomBytes } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import type { Shape } from './hostile-shapes.ts';
import { type Processes, type ServerProcess, until } from './process.ts';

/** In milliseconds of CPU time: no request may block the event loop for longer. */
export const LONGEST_TURN_MS = 200;

const PROBE = fileURLToPath(new URL('loop-probe.mjs', import.meta.url));
/** The first attempt may include a garbage collection or code that is not compiled yet. */
const TRIES = 3;

/** Starts a server with the probe and the default limits. */
export const startMeasured = (processes: Processes, databaseUrl: string): Promise<ServerProcess> =>
  processes.startNode({
    DATABASE_URL: databaseUrl,
    IDENTITY_PROVIDER: 'simulator',
    MASTER_KEY: randomBytes(32).toString('base64'),
    NODE_OPTIONS: `--import=${PROBE}`,
  });

/**
 * Sends a request. Returns the response and how long it blocked the event loop in milliseconds: the minimum of up
 * to three tries while that is too long.
 */
export async function longestTurn(
  node: ServerProcess,
  shape: Shape,
): Promise<{ ms: number; status: number; text: string }> {
  let least = { ms: Number.POSITIVE_INFINITY, status: 0, text: '' };
  for (let tries = 0; tries < TRIES && least.ms > LONGEST_TURN_MS; tries++) {
    await readProbe(node);
    const answer = await send(node, shape);
    const ms = await readProbe(node);
    if (ms < least.ms) least = { ms, ...answer };
  }
  return least;
}

async function send(node: ServerProcess, { what, body, search = '', headers }: Shape) {
  const response = await fetch(`${node.url}/graphql${search}`, {
    method: body === undefined ? 'GET' : 'POST',
    headers: { 'content-type': 'application/json', accept: 'application/json', ...headers },
    signal: AbortSignal.timeout(20_000),
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : new Uint8Array(body) }),
  }).catch((error: unknown) => {
    throw new Error(`No answer came to ${what}`, { cause: error });
  });
  return { status: response.status, text: await response.text() };
}

/** The longest turn of the event loop since the last call, in milliseconds. */
async function readProbe(node: ServerProcess): Promise<number> {
  const before = node.stderr().length;
  node.kill('SIGUSR2');
  const line = await until('the probe’s line', () => /"longestTurnMs":([\d.]+)/.exec(node.stderr().slice(before)));
  return Number(line[1]);
}

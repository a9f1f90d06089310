/** A server process whose event loop is watched, and how long one request holds it. */
import { randomBytes } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import type { Shape } from './hostile-shapes.ts';
import { type Processes, type ServerProcess, until } from './process.ts';

/** In milliseconds of processor time: no request may hold the loop for longer. */
export const LONGEST_TURN_MS = 200;

const PROBE = fileURLToPath(new URL('loop-probe.mjs', import.meta.url));
/** A first time may meet a collection of garbage or code that was not compiled yet. */
const TRIES = 3;

/** Starts a server with the probe in it, at the limits that it has by default. */
export const startMeasured = (processes: Processes, databaseUrl: string): Promise<ServerProcess> =>
  processes.startNode({
    DATABASE_URL: databaseUrl,
    IDENTITY_PROVIDER: 'simulator',
    MASTER_KEY: randomBytes(32).toString('base64'),
    NODE_OPTIONS: `--import=${PROBE}`,
  });

/** Sends a request; answers its answer, and how long it held the loop: the least of three times if that is too long. */
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

/** The longest turn since it was last read. */
async function readProbe(node: ServerProcess): Promise<number> {
  const before = node.stderr().length;
  node.kill('SIGUSR2');
  const line = await until('the probe’s line', () => /"longestTurnMs":([\d.]+)/.exec(node.stderr().slice(before)));
  return Number(line[1]);
}

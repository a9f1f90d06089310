/**
 * Sends log lines to Seq, in addition to standard output. A Seq that is down, slow or full must not affect
 * the server: nothing waits for it, the buffer is bounded, dropped lines are counted, and a failure is
 * logged once, not once per line. `pino-seq` is not used: its queue is unbounded, it loses lines uncounted
 * when a request fails, and it sends messages as templates.
 */
import { Agent as HttpAgent, request as httpRequest } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import { within } from '../within.ts';
import { clefLine } from './log-clef.rules.ts';

export interface SeqOptions {
  readonly url: string;
  /** Sent as a header only. */
  readonly apiKey?: string;
  /** Seq does not accept all lines; called once until `onBack`. */
  onTrouble(problem: string): void;
  /** Seq has accepted all lines for a while; `dropped` lines were lost meanwhile. */
  onBack(dropped: number): void;
  readonly limits?: Partial<SeqLimits>;
}

export interface SeqLimits {
  /**
   * The size of the buffer, in UTF-16 units. When it is full, new lines are dropped, so that the beginning
   * of a problem is kept.
   */
  readonly held: number;
  readonly batchLines: number;
  readonly batchLength: number;
  /** A longer line is shortened. */
  readonly lineLength: number;
  /** How long lines are collected before a request. */
  readonly gatherMs: number;
  /** The timeout of one request. */
  readonly timeoutMs: number;
  readonly longestBackOffMs: number;
  /** How long Seq must work without a failure before it counts as recovered. */
  readonly calmMs: number;
}

const LIMITS: SeqLimits = {
  held: 4 * 1024 * 1024,
  // Converting them takes about a millisecond, which blocks the process.
  batchLines: 250,
  batchLength: 512 * 1024,
  lineLength: 60_000,
  gatherMs: 1_000,
  timeoutMs: 5_000,
  longestBackOffMs: 30_000,
  calmMs: 10_000,
};

export interface SeqStream {
  /** Takes a line of pino's JSON; returns at once and never throws. */
  write(line: string): void;
  /** Sends the buffered lines within the time; resolves to the number of lines that are still unsent. */
  flush(withinMs: number): Promise<number>;
  /** The number of lines dropped since the start. */
  droppedLines(): number;
}

export function createSeqStream({ url, apiKey, onTrouble, onBack, limits }: SeqOptions): SeqStream {
  const { held: mostHeld, ...limit } = { ...LIMITS, ...limits };
  const post = createPost(url, apiKey, limit.timeoutMs);
  const waiting: string[] = [];
  let held = 0;
  let dropped = 0;
  /** Reduced while Seq refuses batches, to find the line that it does not accept. */
  let mostLines = limit.batchLines;
  let failures = 0;
  let timer: NodeJS.Timeout | undefined;
  let sending: Promise<number | undefined> | undefined;
  let droppedBefore: number | undefined;
  let calm: NodeJS.Timeout | undefined;

  const trouble = (problem: string): void => {
    clearTimeout(calm);
    calm = undefined;
    if (droppedBefore !== undefined) return;
    droppedBefore = dropped;
    onTrouble(problem);
  };
  const well = (): void => {
    if (droppedBefore === undefined || calm !== undefined) return;
    calm = setTimeout(() => {
      const lost = dropped - (droppedBefore ?? 0);
      droppedBefore = undefined;
      calm = undefined;
      onBack(lost);
    }, limit.calmMs);
    calm.unref();
  };

  const batch = (): string[] => {
    let length = 0;
    const rest = waiting.findIndex((line, index) => {
      length += line.length;
      return index >= mostLines || (index > 0 && length > limit.batchLength);
    });
    return waiting.slice(0, rest === -1 ? waiting.length : rest);
  };
  const remove = (count: number): void => {
    for (const line of waiting.splice(0, count)) held -= line.length;
  };

  /** Sends one batch. Resolves to the milliseconds until the next one; undefined if this one failed. */
  const sendOne = async (): Promise<number | undefined> => {
    const lines = batch();
    const problem = await post(lines.map((line) => eventOf(line, limit.lineLength)).join('\n'));
    if (problem === undefined) {
      remove(lines.length);
      failures = 0;
      mostLines = Math.min(limit.batchLines, 2 * mostLines);
      well();
      return waiting.length >= mostLines ? 0 : limit.gatherMs;
    }
    if (problem.isAboutLines && lines.length > 1) {
      mostLines = Math.ceil(lines.length / 2);
      return 0;
    }
    if (problem.isAboutLines) {
      trouble(problem.text);
      remove(1);
      dropped += 1;
      return limit.gatherMs;
    }
    trouble(problem.text);
    return undefined;
  };

  /** One request at a time: two would send the same lines, and the second would remove lines that were not sent. */
  const send = (): Promise<number | undefined> => {
    sending ??= sendOne().then((next) => {
      sending = undefined;
      if (next === undefined) failures += 1;
      const backOff = Math.min(limit.longestBackOffMs, limit.gatherMs * 2 ** (failures - 1));
      if (waiting.length > 0) schedule(next ?? backOff);
      return next;
    });
    return sending;
  };
  const schedule = (ms: number): void => {
    timer ??= setTimeout(() => {
      timer = undefined;
      if (waiting.length > 0) void send();
    }, ms).unref();
  };

  return {
    write(line) {
      if (held + line.length > mostHeld) {
        trouble('it takes lines slower than they come');
        dropped += 1;
        return;
      }
      waiting.push(line);
      held += line.length;
      if (sending === undefined) schedule(limit.gatherMs);
    },
    async flush(withinMs) {
      clearTimeout(timer);
      timer = undefined;
      const sent = (async () => {
        await sending;
        while (waiting.length > 0 && (await send()) !== undefined);
      })();
      await within(withinMs, sent);
      return waiting.length;
    },
    droppedLines: () => dropped,
  };
}

/** A line that cannot be parsed must not block the others. */
function eventOf(line: string, longest: number): string {
  try {
    return clefLine(line, longest);
  } catch {
    return JSON.stringify({ '@t': new Date().toISOString(), '@m': line.slice(0, longest) });
  }
}

interface Problem {
  readonly text: string;
  /** Seq works, but refuses these lines. */
  readonly isAboutLines?: boolean;
}

/** Returns a function that sends one batch; it resolves to the problem, or undefined, and never rejects. */
function createPost(url: string, apiKey: string | undefined, timeoutMs: number) {
  // Every version of Seq supports this path and type; the newer `/ingest/clef` is missing in older ones.
  const address = new URL('api/events/raw?clef', url.endsWith('/') ? url : `${url}/`);
  const isTls = address.protocol === 'https:';
  const request = isTls ? httpsRequest : httpRequest;
  const agent = new (isTls ? HttpsAgent : HttpAgent)({ keepAlive: true, maxSockets: 1, timeout: timeoutMs });
  const headers = {
    'content-type': 'application/vnd.serilog.clef',
    ...(apiKey !== undefined && { 'x-seq-apikey': apiKey }),
  };
  const post = (body: string) =>
    new Promise<Problem | undefined>((resolve) => {
      const signal = AbortSignal.timeout(timeoutMs);
      const failed = (error: NodeJS.ErrnoException): void =>
        resolve({
          text: signal.aborted ? `it did not answer within ${timeoutMs / 1_000} s` : error.message || `${error.code}`,
        });
      const length = Buffer.byteLength(body);
      const options = { method: 'POST', agent, headers: { ...headers, 'content-length': length }, signal };
      request(address, options, (response) => {
        // The response body is not needed.
        response.on('error', () => undefined).resume();
        resolve(problemOf(response.statusCode ?? 0));
      })
        .on('error', failed)
        .end(body);
    });
  // An invalid request, for example with a forbidden header, throws synchronously in `request`.
  return (body: string) => post(body).catch((error: Error): Problem => ({ text: error.message }));
}

function problemOf(status: number): Problem | undefined {
  if (status >= 200 && status < 300) return undefined;
  if (status === 400 || status === 413 || status === 422)
    return { text: `it refused a line with ${status}`, isAboutLines: true };
  if (status === 401 || status === 403) return { text: `it wants another SEQ_API_KEY (${status})` };
  if (status === 404 || (status >= 300 && status < 400))
    return { text: `SEQ_URL is not the address of a Seq (${status})` };
  return { text: `it answered ${status}` };
}

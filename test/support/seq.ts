/**
 * A stand-in for Seq's ingestion endpoint: accepts CLEF as Seq's documentation describes it, refuses what Seq would
 * refuse, stores the events and runs simple searches. It can also fail as a real server may.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface SeqEvent {
  readonly '@t': string;
  readonly '@l': string;
  readonly '@m': string;
  readonly '@x'?: string;
  readonly [property: string]: unknown;
}

/** How it responds: accepts the request, hangs, sends something that is not HTTP, or responds with this status. */
type SeqMood = 'well' | 'hanging' | 'garbled' | number;

export interface SeqStandIn {
  readonly url: string;
  readonly events: readonly SeqEvent[];
  /** Every request, whatever the response was. */
  readonly requests: readonly { readonly path: string; readonly headers: IncomingMessage['headers']; body: string }[];
  /** Problems with the requests; empty when all of them were valid CLEF. */
  readonly complaints: readonly string[];
  /** Also closes the requests that hang. */
  setMood(mood: SeqMood): void;
  /** Responds 400 to every batch that contains a matching event. */
  refuse(isRefused: (event: SeqEvent) => boolean): void;
  /** `@Message like "<pattern>"`, with `%` for anything; with a level also `@Level = "<level>"`. */
  search(like: string, level?: string): readonly SeqEvent[];
  close(): Promise<void>;
}

const LEVELS = ['Verbose', 'Debug', 'Information', 'Warning', 'Error', 'Fatal'];
const LARGEST_EVENT = 256 * 1024;

export async function startSeq(port = 0): Promise<SeqStandIn> {
  const events: SeqEvent[] = [];
  const requests: { path: string; headers: IncomingMessage['headers']; body: string }[] = [];
  const complaints: string[] = [];
  const hanging = new Set<ServerResponse>();
  let mood: SeqMood = 'well';
  let isRefused: (event: SeqEvent) => boolean = () => false;

  const take = (body: string): number => {
    const read = body.split('\n').map((line) => ({ line, event: JSON.parse(line) as SeqEvent }));
    for (const { line, event } of read) {
      if (Buffer.byteLength(line) > LARGEST_EVENT) return 413;
      complaints.push(...problemsOf(event));
      if (isRefused(event)) return 400;
    }
    events.push(...read.map(({ event }) => event));
    return 201;
  };
  const answer = (response: ServerResponse, body: string): void => {
    if (mood === 'hanging') return void hanging.add(response);
    if (mood === 'garbled') return void response.socket?.end('\u0000\u0001 this is no HTTP\r\n\r\n');
    response.writeHead(mood === 'well' ? take(body) : mood, { 'content-type': 'application/json' }).end('{}');
  };
  const server = createServer((request, response) => {
    const asked = { path: `${request.method} ${request.url}`, headers: request.headers, body: '' };
    request.setEncoding('utf8').on('data', (chunk: string) => {
      asked.body += chunk;
    });
    request
      .on('error', () => undefined)
      .on('end', () => {
        requests.push(asked);
        if (asked.path !== 'POST /api/events/raw?clef') complaints.push(`No ingestion at ${asked.path}`);
        const type = asked.headers['content-type'];
        if (type !== 'application/vnd.serilog.clef') complaints.push(`The content type is ${type}`);
        answer(response, asked.body);
      });
  });
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    events,
    requests,
    complaints,
    setMood(next) {
      mood = next;
      for (const response of hanging) response.destroy();
      hanging.clear();
    },
    refuse(which) {
      isRefused = which;
    },
    search(like, level) {
      const pattern = like.split('%').map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
      const expression = new RegExp(`^${pattern.join('[\\s\\S]*')}$`);
      return events.filter((event) => expression.test(event['@m']) && (level === undefined || event['@l'] === level));
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function problemsOf(event: SeqEvent): string[] {
  const line = JSON.stringify(event).slice(0, 200);
  const own = Object.keys(event).filter((name) => /^@(?!@)/.test(name) && !['@t', '@l', '@m', '@x'].includes(name));
  return [
    ...(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/.test(event['@t']) ? [] : [`@t: ${line}`]),
    ...(LEVELS.includes(event['@l']) ? [] : [`@l: ${line}`]),
    ...(typeof event['@m'] === 'string' ? [] : [`@m: ${line}`]),
    ...(['string', 'undefined'].includes(typeof event['@x']) ? [] : [`@x: ${line}`]),
    ...own.map((name) => `${name} is none of CLEF’s: ${line}`),
  ];
}

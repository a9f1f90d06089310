/** A collector of traces: takes OTLP over HTTP as protobuf, by the field numbers of opentelemetry-proto. */
import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { BinaryReader } from '@bufbuild/protobuf/wire';

export interface ReceivedSpan {
  readonly traceId: string;
  readonly spanId: string;
  /** Empty for a root. */
  readonly parentId: string;
  readonly name: string;
  readonly kind: number;
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly links: readonly { readonly traceId: string; readonly spanId: string }[];
  readonly isFailed: boolean;
  readonly resource: Readonly<Record<string, unknown>>;
}

export interface Collector {
  readonly url: string;
  readonly spans: readonly ReceivedSpan[];
  readonly requests: readonly { readonly path: string; readonly headers: IncomingHttpHeaders; readonly body: Buffer }[];
  /** Requests are taken and never answered from now on. */
  hang(): void;
  close(): Promise<void>;
}

export async function startCollector(port = 0): Promise<Collector> {
  const spans: ReceivedSpan[] = [];
  const requests: { path: string; headers: IncomingHttpHeaders; body: Buffer }[] = [];
  let isHanging = false;
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const body = Buffer.concat(chunks);
      requests.push({ path: request.url ?? '', headers: request.headers, body });
      if (isHanging) return;
      spans.push(...spansOf(body));
      response.writeHead(200, { 'content-type': 'application/x-protobuf' }).end();
    });
  });
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    spans,
    requests,
    hang() {
      isHanging = true;
    },
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

type Message = Map<number, (Uint8Array | bigint | number)[]>;

/** The fields of a message by their number. */
function fieldsOf(bytes: Uint8Array): Message {
  const reader = new BinaryReader(bytes);
  const fields: Message = new Map();
  while (reader.pos < reader.len) {
    const [number, wire] = reader.tag();
    const value =
      wire === 0 ? reader.uint64() : wire === 1 ? reader.fixed64() : wire === 5 ? reader.fixed32() : reader.bytes();
    fields.set(number, [...(fields.get(number) ?? []), value as Uint8Array | bigint | number]);
  }
  return fields;
}

const parts = (message: Message, number: number): Message[] =>
  (message.get(number) ?? []).map((value) => fieldsOf(value as Uint8Array));
const bytes = (message: Message, number: number): Buffer => Buffer.from((message.get(number)?.[0] ?? []) as Uint8Array);

function readValue(value: Message): unknown {
  if (value.has(1)) return bytes(value, 1).toString();
  if (value.has(2)) return value.get(2)?.[0] !== 0n;
  if (value.has(3)) return Number(value.get(3)?.[0]);
  return parts(value, 5).flatMap((list) => parts(list, 1).map(readValue));
}

const attributesOf = (message: Message, number: number): Record<string, unknown> =>
  Object.fromEntries(
    parts(message, number).map((one) => [bytes(one, 1).toString(), readValue(parts(one, 2)[0] ?? new Map())]),
  );

const idsOf = (message: Message) => ({
  traceId: bytes(message, 1).toString('hex'),
  spanId: bytes(message, 2).toString('hex'),
});

function spansOf(body: Buffer): ReceivedSpan[] {
  return parts(fieldsOf(body), 1).flatMap((group) => {
    const resource = Object.assign({}, ...parts(group, 1).map((one) => attributesOf(one, 1)));
    return parts(group, 2)
      .flatMap((scope) => parts(scope, 2))
      .map((span) => ({
        ...idsOf(span),
        parentId: bytes(span, 4).toString('hex'),
        name: bytes(span, 5).toString(),
        kind: Number(span.get(6)?.[0] ?? 0),
        attributes: attributesOf(span, 9),
        links: parts(span, 13).map(idsOf),
        isFailed: parts(span, 15).some((status) => Number(status.get(3)?.[0]) === 2),
        resource,
      }));
  });
}

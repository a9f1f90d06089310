/** One request and its response, as handlers get them. */
import type { IncomingMessage, ServerResponse } from 'node:http';

export interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly url: URL;
  readonly requestId: string;
}

export type Handler = (exchange: Exchange) => void | Promise<void>;

/** Who stands at the door: what the routes want to know of a request's sender, whoever finds it out. */
import type { IncomingMessage } from 'node:http';
import type { ErrorCode } from '../graphql/errors.ts';
import type { Caller } from '../work/caller.ts';
import { refuse } from './body.ts';
import type { Exchange } from './exchange.ts';

export interface Admitted {
  readonly kind: 'caller';
  readonly caller: Caller;
  /** By a browser's cookie, which is sent unasked too. */
  readonly isCookie: boolean;
  /** The browser says that another site had it send this, cookie and all. */
  readonly isForeign: boolean;
  /** When the credential ends by itself; null: never, or none was needed. */
  readonly validUntil: Date | null;
  /** Calls back once, when the caller's token is revoked or expires or its session ends. Answers how to stop that. */
  onEnded(ended: () => void): () => void;
}

export interface Refused {
  readonly kind: 'refused';
  readonly status: number;
  readonly code: ErrorCode;
  readonly message: string;
  /** For the header Retry-After. */
  readonly retryAfterSeconds?: number;
  /** For the header WWW-Authenticate. */
  readonly wwwAuthenticate?: string;
}

export interface Gate {
  /** False: nobody is asked, and everybody on this machine may do everything. */
  readonly isConfigured: boolean;
  authenticate(request: IncomingMessage, requestId: string): Promise<Admitted | Refused>;
  /** Where the request comes from, behind the proxies that are trusted. */
  addressOf(request: IncomingMessage): string;
  /** Undefined for those who may read the metrics. */
  mayScrape(request: IncomingMessage, requestId: string): Promise<Refused | undefined>;
}

/** Answers a refusal in GraphQL's form, with the headers that say what to do. */
export function turnAway(
  exchange: Exchange,
  { status, code, message, retryAfterSeconds, wwwAuthenticate }: Refused,
): void {
  exchange.request.resume();
  refuse(exchange, status, code, message, {
    ...(retryAfterSeconds === undefined ? {} : { 'retry-after': String(retryAfterSeconds) }),
    ...(wwwAuthenticate === undefined ? {} : { 'www-authenticate': wwwAuthenticate }),
  });
}

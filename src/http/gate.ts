/** What the routes need to know about a request's sender. */
import type { IncomingMessage } from 'node:http';
import type { ErrorCode } from '../graphql/errors.ts';
import type { Caller } from '../work/caller.ts';
import { refuse } from './body.ts';
import type { Exchange } from './exchange.ts';

export interface Admitted {
  readonly kind: 'caller';
  readonly caller: Caller;
  /** By a browser's cookie, which browsers also send for other sites. */
  readonly isCookie: boolean;
  /** The browser says that another site made it send this, with the cookie. */
  readonly isForeign: boolean;
  /** When the credential expires; null: never, or none was needed. */
  readonly validUntil: Date | null;
  /** Calls back once, when the caller's token is revoked or expires or its session ends. Returns how to stop that. */
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
  /** False: access control is off, and everyone on this machine may do everything. */
  readonly isConfigured: boolean;
  authenticate(request: IncomingMessage, requestId: string): Promise<Admitted | Refused>;
  /** The address of the request's sender, behind trusted proxies. */
  addressOf(request: IncomingMessage): string;
  /** Undefined for a caller that may read the metrics. */
  mayScrape(request: IncomingMessage, requestId: string): Promise<Refused | undefined>;
}

/** Sends a refusal in GraphQL's form, with the headers that say what to do. */
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

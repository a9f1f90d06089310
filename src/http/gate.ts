/** Authentication, as the routes use it. */
import type { IncomingMessage } from 'node:http';
import type { ErrorCode } from '../graphql/errors.ts';
import type { Caller } from '../work/caller.ts';
import { refuse } from './body.ts';
import type { Exchange } from './exchange.ts';

export interface Admitted {
  readonly kind: 'caller';
  readonly caller: Caller;
  /** Authenticated by a cookie, which browsers also send with requests made by other sites. */
  readonly isCookie: boolean;
  /** A request with a cookie that another site caused, according to the browser’s headers. */
  readonly isForeign: boolean;
  /** When the credential expires; null: never, or none was required. */
  readonly validUntil: Date | null;
  /**
   * Calls `ended` once, when the caller’s token is revoked or expires or the session ends. Returns a
   * function that unsubscribes.
   */
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
  /** False when access control is off: everyone on this machine may do everything. */
  readonly isConfigured: boolean;
  authenticate(request: IncomingMessage, requestId: string): Promise<Admitted | Refused>;
  /** The client address of the request; forwarded addresses count only from trusted proxies. */
  addressOf(request: IncomingMessage): string;
  /** Resolves to undefined if the caller may read the metrics, else to the refusal. */
  mayScrape(request: IncomingMessage, requestId: string): Promise<Refused | undefined>;
}

/** Sends a refusal in GraphQL’s format, with the headers Retry-After and WWW-Authenticate where they apply. */
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

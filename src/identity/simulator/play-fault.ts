/** Plays each fault on the wire: to the adapter it must look like the real one. */
import type { ServerResponse } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { connectError, type Reply } from './answers.rules.ts';
import type { Fault } from './faults.ts';
import { oauthError } from './token-endpoint.ts';

/** Writes a response as Zitadel does. */
export function sendReply(response: ServerResponse, { status, headers, body }: Reply): void {
  response.writeHead(status, {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(body),
    ...headers,
  });
  response.end(body);
}

/** Plays a fault instead of the work, or (with `reply`) instead of the response to work that was done. */
export async function playFault(response: ServerResponse, fault: Fault, reply?: Reply): Promise<void> {
  switch (fault.kind) {
    case '429':
      return sendReply(response, {
        ...(fault.errorId === undefined
          ? page(429, 'Too Many Requests')
          : connectError('resource_exhausted', 'Quota exhausted', fault.errorId)),
        ...retryAfter(fault.retryAfter, fault.errorId === undefined),
      });
    case '503':
      return sendReply(response, {
        ...connectError('unavailable', 'no healthy upstream'),
        ...retryAfter(fault.retryAfter, false),
      });
    case 'html':
      return sendReply(response, page(fault.status, 'Bad Gateway'));
    case '401':
      return sendReply(response, connectError('unauthenticated', 'Errors.Token.Invalid', 'AUTH-7fs1e'));
    case '403':
      return sendReply(response, connectError('permission_denied', 'No matching permissions found', 'AUTH-5mWD2'));
    case '404':
      return sendReply(response, notFound(fault.cause));
    case 'redirect':
      return sendReply(response, { status: 302, headers: { location: fault.location }, body: '' });
    case 'error':
      return sendReply(response, connectError(fault.code, fault.text, fault.errorId));
    case 'oauth-error':
      return sendReply(response, oauthError(fault.status, fault.error, 'Errors.Simulated'));
    case 'garbage':
      return sendReply(response, { status: 200, body: '{"id": \u0001\u0002 not json' });
    case 'cut-before':
    case 'cut-after':
      response.destroy();
      return;
    case 'slow-body':
      return sendSlowly(response, reply?.body ?? '', fault.delayMs);
    case 'hang':
    case 'hang-after':
    case 'slow':
      // No response until the client gives up; for `slow` the delay has already passed.
      return;
  }
}

async function sendSlowly(response: ServerResponse, body: string, delayMs: number | undefined): Promise<void> {
  const half = Math.floor(body.length / 2);
  response.writeHead(200, { 'content-type': 'application/json' });
  response.write(body.slice(0, half));
  if (delayMs === undefined) return;
  await delay(delayMs);
  response.end(body.slice(half));
}

function notFound(cause: 'route' | 'host' | 'membership'): Reply {
  if (cause === 'host') {
    return connectError(
      'not_found',
      'unable to set instance using origin http://localhost (ExternalDomain is id.example.org): ID=QUERY-1kIjX Message=Instance not found',
    );
  }
  if (cause === 'membership') return connectError('not_found', 'membership not found', 'AUTHZ-cdgFk');
  return { status: 404, headers: { 'content-type': 'text/plain; charset=utf-8' }, body: '404 page not found\n' };
}

function page(status: number, title: string): Reply {
  return {
    status,
    headers: { 'content-type': 'text/html' },
    body: `<html><head><title>${title}</title></head><body><center><h1>${title}</h1></center></body></html>`,
  };
}

function retryAfter(value: string | number | undefined, isPage: boolean): Pick<Reply, 'headers'> {
  return {
    headers: {
      'content-type': isPage ? 'text/html' : 'application/json',
      ...(value === undefined ? {} : { 'retry-after': String(value) }),
    },
  };
}

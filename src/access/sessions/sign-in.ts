/**
 * The paths by which browsers sign in and out: a form that takes a token, and the flow through the issuer.
 * The token is sent once, in the form, and never stored in the browser, which keeps only a session cookie.
 */
import { isUnavailable } from '../../database/unavailable.ts';
import type { Exchange, Handler } from '../../http/exchange.ts';
import type { Refused } from '../../http/gate.ts';
import type { Services } from '../../work/context.ts';
import { DATABASE_AWAY } from '../authentication/answers.ts';
import type { Authenticator } from '../authentication/authenticator.ts';
import type { Proof } from '../authentication/proven.ts';
import type { CodeFlow } from '../oidc/code-flow.ts';
import { cookieLine, cookieValue, isForeign, isUnencrypted, publicOrigin, safeReturnTo } from './browser.ts';
import { beginSession, departureLine, departureOf, endSession } from './sessions.ts';
import { goOnPage, readForm, SIGN_IN_POLICY, type SignInPage, signInPage } from './sign-in-page.ts';

/** Options that delete a cookie. */
const GONE = { maxAgeMs: 0, sameSite: 'Strict' } as const;
const CALLBACK = '/sign-in/callback';

/** Returns the address of the sign-in page for a browser that requested another page. */
export const signInAddress = (wanted: string): string =>
  `/sign-in?returnTo=${encodeURIComponent(safeReturnTo(wanted))}`;

/** Returns the handlers of `/sign-in` and `/sign-out` and, if there is an issuer, of its two paths. */
export function createSignIn(
  services: Services,
  authenticator: Authenticator,
  codeFlow: CodeFlow | undefined,
): Record<string, Handler> {
  const { config, logger } = services;
  const originOf = ({ request }: Exchange): string => publicOrigin(request.headers, config.PUBLIC_URL);

  /** Starts the session, then sets its cookie. */
  const signIn = async (exchange: Exchange, proof: Proof): Promise<void> => {
    const caller = {
      ...proof.caller,
      requestId: exchange.requestId,
      address: authenticator.addressOf(exchange.request),
    };
    const cookie = await beginSession({ ...services, caller }, proof);
    const options = { maxAgeMs: config.SESSION_LIFETIME, sameSite: 'Strict' } as const;
    exchange.response.appendHeader('set-cookie', cookieLine('session', cookie, originOf(exchange), options));
  };

  const ask = (exchange: Exchange, status: number, page: Omit<SignInPage, 'issuer'>): void =>
    sendPage(exchange, status, signInPage({ ...page, issuer: codeFlow?.issuerName }));

  const askAgain = (exchange: Exchange, { status, message, retryAfterSeconds }: Refused, returnTo: string): void => {
    if (retryAfterSeconds !== undefined) exchange.response.setHeader('retry-after', String(retryAfterSeconds));
    ask(exchange, status, { returnTo, problem: message });
  };

  const show = async (exchange: Exchange): Promise<void> => {
    const returnTo = safeReturnTo(exchange.url.searchParams.get('returnTo'));
    const found = await authenticator.authenticate(exchange.request, exchange.requestId);
    const { headers } = exchange.request;
    if (found.kind === 'refused') {
      const origin = originOf(exchange);
      const hasCookie = cookieValue(headers, 'session', origin) !== undefined;
      // The browser came by another site's link, so it withheld the strict cookie that it may have.
      if (!hasCookie && headers['sec-fetch-site'] === 'cross-site')
        return sendPage(exchange, 200, goOnPage(signInAddress(returnTo)));
      if (!hasCookie || found.status !== 401) return ask(exchange, 200, { returnTo });
      // Otherwise the browser would send the invalid cookie, and be refused, again and again.
      exchange.response.appendHeader('set-cookie', cookieLine('session', '', origin, GONE));
      return ask(exchange, 200, { returnTo, problem: found.message });
    }
    if (found.isCookie && exchange.url.searchParams.has('returnTo')) return redirect(exchange, returnTo);
    const { name, role } = found.caller;
    ask(exchange, 200, { returnTo, signedIn: { name, role: role.toUpperCase(), canSignOut: found.isCookie } });
  };

  const take = async (exchange: Exchange): Promise<void> => {
    const { request, requestId } = exchange;
    const own = originOf(exchange);
    if (isForeign(request.headers, own)) return refuseForeign(exchange, own);
    const form = await readForm(request);
    const returnTo = safeReturnTo(form?.get('returnTo'));
    const token = form?.get('token')?.trim() ?? '';
    if (token === '') return ask(exchange, 400, { returnTo, problem: 'Give a token.' });
    const found = await authenticator.proveToken(request, requestId, token);
    if (found.kind === 'refused') return askAgain(exchange, found, returnTo);
    if (found.proof === undefined) throw new Error('A token was proven without a proof.');
    await signIn(exchange, found.proof);
    redirect(exchange, returnTo);
  };

  const depart = async (exchange: Exchange, flow: CodeFlow): Promise<void> => {
    const returnTo = safeReturnTo(exchange.url.searchParams.get('returnTo'));
    const origin = originOf(exchange);
    try {
      const { url, departure } = await flow.depart(`${origin}${CALLBACK}`, returnTo);
      exchange.response.appendHeader('set-cookie', departureLine(departure, origin));
      redirect(exchange, url);
    } catch (error) {
      logger.warn({ err: error, requestId: exchange.requestId }, 'A sign-in at the issuer could not begin');
      const problem = `${flow.issuerName} cannot be reached now. Try again in a moment, or sign in with a token.`;
      ask(exchange, 503, { returnTo, problem });
    }
  };

  const arrive = async (exchange: Exchange, flow: CodeFlow): Promise<void> => {
    const origin = originOf(exchange);
    const departure = departureOf(exchange.request.headers, origin);
    exchange.response.appendHeader('set-cookie', departureLine(undefined, origin));
    const returnTo = safeReturnTo(departure?.returnTo);
    // Each try sends a request to the issuer, so the number of tries must be limited.
    const unseen = authenticator.refuseUnseen(exchange.request);
    if (unseen !== undefined) return askAgain(exchange, unseen, returnTo);
    if (departure === undefined)
      return ask(exchange, 400, { returnTo, problem: 'This sign-in was not begun in this browser, or long ago.' });
    try {
      const verdict = await flow.arrive(new URL(`${CALLBACK}${exchange.url.search}`, origin), departure);
      if ('failure' in verdict) return ask(exchange, 403, { returnTo, problem: verdict.message });
      await signIn(exchange, verdict.proof);
      sendPage(exchange, 200, goOnPage(returnTo));
    } catch (error) {
      authenticator.failed(exchange.request);
      logger.warn({ err: error, requestId: exchange.requestId }, 'A sign-in at the issuer failed');
      const problem = `The sign-in at ${flow.issuerName} did not succeed. Try again; the log has more under ${exchange.requestId}.`;
      ask(exchange, 400, { returnTo, problem });
    }
  };

  const signOut = async (exchange: Exchange): Promise<void> => {
    const origin = originOf(exchange);
    if (isForeign(exchange.request.headers, origin)) return refuseForeign(exchange, origin);
    exchange.request.resume();
    const found = await authenticator.authenticate(exchange.request, exchange.requestId);
    if (found.kind === 'caller' && found.proof?.sessionId) {
      await endSession({ ...services, caller: found.caller }, found.proof.sessionId);
    }
    exchange.response.appendHeader('set-cookie', cookieLine('session', '', origin, GONE));
    redirect(exchange, '/sign-in');
  };

  /** Shows a page with status 503 if the database is unavailable. */
  const orAway =
    (handler: Handler): Handler =>
    async (exchange) => {
      try {
        await handler(exchange);
      } catch (error) {
        if (!isUnavailable(error) || exchange.response.headersSent) throw error;
        ask(exchange, 503, { returnTo: '/', problem: DATABASE_AWAY.message });
      }
    };

  return {
    '/sign-in': byMethod({ GET: orAway(show), POST: orAway(take) }),
    '/sign-out': byMethod({ POST: orAway(signOut) }),
    ...(codeFlow !== undefined && {
      '/sign-in/oidc': byMethod({ GET: (exchange) => depart(exchange, codeFlow) }),
      [CALLBACK]: byMethod({ GET: (exchange) => arrive(exchange, codeFlow) }),
    }),
  };
}

function byMethod(handlers: Readonly<Record<string, Handler>>): Handler {
  return (exchange) => {
    const { method = '' } = exchange.request;
    const handler = Object.hasOwn(handlers, method) ? handlers[method] : undefined;
    if (handler !== undefined) return handler(exchange);
    exchange.request.resume();
    exchange.response.writeHead(405, { allow: Object.keys(handlers).join(', ') }).end();
  };
}

function refuseForeign(exchange: Exchange, own: string): void {
  exchange.request.resume();
  const problem = isUnencrypted(exchange.request.headers, own)
    ? `This page was opened over plain HTTP, where a browser keeps no sign-in. Open ${own}/sign-in instead; if the server has no TLS in front, sign in on its own machine.`
    : 'This form was sent from another site, so nothing was done. Open this page itself and try again.';
  sendPage(exchange, 403, signInPage({ problem, returnTo: '/' }));
}

function redirect({ response }: Exchange, location: string): void {
  response.writeHead(303, { location, 'cache-control': 'no-store' }).end();
}

function sendPage({ response }: Exchange, status: number, html: string): void {
  response.setHeader('content-security-policy', SIGN_IN_POLICY);
  // With a stricter policy, browsers would send Origin "null" for our own forms too.
  response.setHeader('referrer-policy', 'same-origin');
  response.writeHead(status, { 'content-type': 'text/html; charset=utf-8', 'cache-control': 'no-store' });
  response.end(html);
}

/**
 * The sign-in page: plain HTML without scripts, so that its content security policy can forbid them. It
 * supports screen readers, and light and dark mode.
 */
import { createHash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';

const STYLE = `
:root { color-scheme: light dark; font: 100%/1.5 system-ui, sans-serif }
body { margin: 0; min-height: 100vh; display: grid; place-items: center; background: light-dark(#f5f5f4, #1c1917); color: light-dark(#1c1917, #f5f5f4) }
main { width: min(24rem, 100% - 2rem); padding: 2rem; box-sizing: border-box; border-radius: .75rem; background: light-dark(#fff, #292524); border: 1px solid light-dark(#d6d3d1, #57534e) }
h1 { font-size: 1.25rem; margin: 0 0 1rem }
label { display: block; font-weight: 600 }
input, button, .button { box-sizing: border-box; width: 100%; font: inherit; padding: .6rem .75rem; border-radius: .4rem; margin: .35rem 0 .75rem; border: 1px solid light-dark(#78716c, #a8a29e) }
button, .button { display: block; text-align: center; text-decoration: none; cursor: pointer; border-color: transparent; background: #1d4ed8; color: #fff }
:focus-visible { outline: 3px solid light-dark(#1d4ed8, #93c5fd); outline-offset: 2px }
[role=alert] { padding: .6rem .75rem; border-radius: .4rem; background: light-dark(#fee2e2, #7f1d1d); color: light-dark(#7f1d1d, #fee2e2) }
a { color: light-dark(#1d4ed8, #93c5fd) }
.hint { font-size: .875rem; margin: -.35rem 0 .75rem }
`;

/** No scripts run and nothing is loaded; forms are sent to this server only. */
export const SIGN_IN_POLICY = `default-src 'none'; style-src 'sha256-${createHash('sha256').update(STYLE).digest('base64')}'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; object-src 'none'`;

export interface SignInPage {
  /** The problem to show. */
  readonly problem?: string | undefined;
  /** A path of this server. */
  readonly returnTo: string;
  /** The issuer's host, if people can sign in there. */
  readonly issuer?: string | undefined;
  /** The caller who is already signed in. */
  readonly signedIn?: { readonly name: string; readonly role: string; readonly canSignOut: boolean } | undefined;
}

/** Returns the page to sign in or, for a caller who is signed in, to sign out. */
export function signInPage({ problem, returnTo, issuer, signedIn }: SignInPage): string {
  const alert = problem === undefined ? '' : `<p role="alert">${escapeHtml(problem)}</p>`;
  if (signedIn !== undefined) {
    const { name, role, canSignOut } = signedIn;
    const who = canSignOut
      ? `<p>You are signed in as <strong>${escapeHtml(name)}</strong> (${escapeHtml(role)}).</p>`
      : `<p>Access control is off: only this machine can connect, and you are <strong>${escapeHtml(name)}</strong> (${escapeHtml(role)}). With ADMIN_TOKEN set, people sign in here.</p>`;
    const out = canSignOut ? '<form method="post" action="/sign-out"><button>Sign out</button></form>' : '';
    return page(
      canSignOut ? 'Signed in' : 'No sign-in needed',
      `${alert}${who}<p><a href="${escapeHtml(returnTo)}">Go on</a></p>${out}`,
    );
  }
  const atIssuer =
    issuer === undefined
      ? ''
      : `<p><a class="button" href="/sign-in/oidc?returnTo=${escapeHtml(encodeURIComponent(returnTo))}">Sign in at ${escapeHtml(issuer)}</a></p>`;
  return page(
    'Sign in',
    `${alert}${atIssuer}<form method="post" action="/sign-in">
<input type="hidden" name="returnTo" value="${escapeHtml(returnTo)}">
<label for="token">Token</label>
<input id="token" name="token" type="password" required autocomplete="current-password" aria-describedby="hint" autofocus>
<p class="hint" id="hint">An API token (fhj_…) or the admin token of this server. It is not kept in the browser.</p>
<button>Sign in</button></form>`,
  );
}

/**
 * Returns a page that forwards the browser automatically after it came from another site. A redirect would
 * not work: a browser sends a strict cookie only on navigation from this server's own page.
 */
export const goOnPage = (to: string): string =>
  page(
    'One moment',
    `<p><a href="${escapeHtml(to)}">Go on</a></p>`,
    `<meta http-equiv="refresh" content="0; url=${escapeHtml(to)}">`,
  );

const page = (title: string, body: string, head = ''): string =>
  `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">${head}
<title>${title} – Family Hub Jobs</title><style>${STYLE}</style></head>
<body><main><h1>Family Hub Jobs: ${title.toLowerCase()}</h1>${body}</main></body></html>
`;

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};
const escapeHtml = (text: string): string => text.replace(/[&<>"']/g, (character) => ENTITIES[character] ?? '');

const LARGEST_FORM = 10_000;

/** Returns the form's fields; undefined if the body is not a form, or larger than 10,000 bytes. */
export async function readForm(request: IncomingMessage): Promise<URLSearchParams | undefined> {
  const isForm = /^application\/x-www-form-urlencoded\b/i.test(request.headers['content-type'] ?? '');
  const chunks: Buffer[] = [];
  let received = 0;
  try {
    for await (const chunk of request as AsyncIterable<Buffer>) {
      received += chunk.length;
      if (received <= LARGEST_FORM) chunks.push(chunk);
      // Read on to the end, so that the response can be sent, but not beyond 1 MB, the limit of every request.
      else if (received > 100 * LARGEST_FORM) break;
    }
  } catch {
    // The client has disconnected.
    return undefined;
  }
  return isForm && received <= LARGEST_FORM ? new URLSearchParams(Buffer.concat(chunks).toString('utf8')) : undefined;
}

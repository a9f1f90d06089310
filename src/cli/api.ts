/** The client of the GraphQL API: requests and subscriptions, with errors as exit codes. */
import { type Api, CommandError, EXIT, usageError } from './command.ts';

/** Longer than the 30 s that the server lets a client wait for a run. */
const ANSWER_TIMEOUT_MS = 60_000;

/** Codes that mean: try again later. */
const PASSING: readonly unknown[] = ['SERVICE_UNAVAILABLE', 'RATE_LIMITED', 'TIMEOUT', 'TOO_MANY_SUBSCRIPTIONS'];
const DENIED: readonly unknown[] = ['UNAUTHENTICATED', 'FORBIDDEN'];

/** The exit code for a code of the `errors` array. */
const exitCodeOf = (code: string | undefined): number =>
  DENIED.includes(code)
    ? EXIT.denied
    : PASSING.includes(code)
      ? EXIT.unavailable
      : code === 'BAD_USER_INPUT'
        ? EXIT.usage
        : EXIT.failed;

interface Result {
  readonly data?: Readonly<Record<string, unknown>> | null;
  readonly errors?: readonly { readonly message: string; readonly extensions?: { readonly code?: string } }[];
}

/** What a mutation returns instead of its payload. */
interface Refusal {
  readonly code: string;
  readonly message: string;
}

/**
 * Reads FAMILY_HUB_URL and FAMILY_HUB_TOKEN. Throws a CommandError that names the one that is wrong, without its
 * value. `stop` aborts requests.
 */
export function openApi(environment: Readonly<Record<string, string | undefined>>, stop: AbortSignal): Api {
  const base = environment.FAMILY_HUB_URL?.trim() || 'http://127.0.0.1:4000';
  const token = environment.FAMILY_HUB_TOKEN?.trim() ?? '';
  const url = URL.canParse(base) ? new URL(base) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol) || url.username !== '' || url.password !== '')
    throw usageError(
      'FAMILY_HUB_URL is the address of the server, such as https://hub.example.com, without user and password.',
    );
  if (!/^[\x21-\x7e]*$/.test(token)) throw usageError('FAMILY_HUB_TOKEN holds characters that no token has.');
  url.pathname = `${url.pathname.replace(/\/+$/, '')}/graphql`;
  const headers = {
    'content-type': 'application/json',
    ...(token === '' ? {} : { authorization: `Bearer ${token}` }),
  };

  const post = (accept: string, query: string, variables: object, signal: AbortSignal): Promise<Response> =>
    fetch(url, {
      method: 'POST',
      headers: { ...headers, accept },
      body: JSON.stringify({ query, variables }),
      // Following one would turn the POST into a GET.
      redirect: 'manual',
      signal,
    }).catch((error: Error) => {
      throw new CommandError(`The server at ${url.origin} does not answer: ${reasonOf(error)}.`, EXIT.unavailable);
    });

  return {
    async ask<Data>(document: string, variables: object = {}) {
      const signal = AbortSignal.any([stop, AbortSignal.timeout(ANSWER_TIMEOUT_MS)]);
      const response = await post('application/graphql-response+json', document, variables, signal);
      return rootOf<Data>(await resultOf(response));
    },
    async *events<Data>(document: string, variables: object) {
      const response = await post('text/event-stream', document, variables, stop);
      if (response.body === null || !response.headers.get('content-type')?.startsWith('text/event-stream'))
        return void rootOf(await resultOf(response));
      for await (const result of eventsOf(response.body)) yield rootOf<Data>(result);
    },
  };
}

async function resultOf(response: Response): Promise<Result> {
  const { status, headers } = response;
  const text = await response.text().catch(() => '');
  try {
    const result = JSON.parse(text) as Result | null;
    if (typeof result === 'object' && result !== null && ('data' in result || 'errors' in result)) return result;
  } catch {
    // A proxy’s page, or nothing.
  }
  const target = headers.get('location');
  const what = target === null ? 'not with GraphQL: check FAMILY_HUB_URL' : `that the address is ${target}`;
  throw new CommandError(
    `${new URL(response.url).origin} answered with status ${status} and ${what}.`,
    status >= 500 || status === 429 ? EXIT.unavailable : EXIT.failed,
  );
}

/** Returns the only root field. Throws a CommandError for an error of the request, and for a mutation’s refusal. */
function rootOf<Data>({ data, errors = [] }: Result): Data {
  const [error] = errors;
  if (error !== undefined) {
    const code = error.extensions?.code;
    throw new CommandError(errors.map(({ message }) => message).join(' '), exitCodeOf(code), code);
  }
  const root = Object.values(data ?? {})[0] as (Data & Partial<Refusal>) | undefined;
  if (root === undefined) throw new CommandError('The answer is empty.', EXIT.failed);
  if (root?.message !== undefined && root.code !== undefined)
    throw new CommandError(root.message, EXIT.failed, root.code);
  return root;
}

/** Parses server-sent events. */
async function* eventsOf(body: NonNullable<Response['body']>): AsyncGenerator<Result> {
  let rest = '';
  for await (const chunk of body.pipeThrough(new TextDecoderStream())) {
    const events = `${rest}${chunk}`.split('\n\n');
    rest = events.pop() ?? '';
    for (const event of events) {
      const data = /^data: (.*)$/m.exec(event)?.[1];
      if (data !== undefined && data !== '') yield JSON.parse(data) as Result;
    }
  }
}

/** Node’s message is only "fetch failed"; its cause has the reason. */
function reasonOf(error: Error): string {
  if (error.name === 'TimeoutError') return `no answer within ${ANSWER_TIMEOUT_MS / 1_000} s`;
  const cause = error.cause as { readonly code?: string; readonly message?: string } | undefined;
  return cause?.code ?? cause?.message ?? error.message;
}

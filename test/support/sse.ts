/** A GraphQL subscription over server-sent events that needs only `fetch`. */

/**
 * Opens the subscription. `events` returns the JSON texts received so far. Throws when the response is not a
 * stream.
 */
export async function subscribe(
  node: { readonly url: string },
  query: string,
  headers: Readonly<Record<string, string>> = {},
): Promise<{ events(): string[]; close(): void; readonly ended: Promise<void> }> {
  const abort = new AbortController();
  const response = await fetch(`${node.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'text/event-stream', ...headers },
    body: JSON.stringify({ query }),
    signal: abort.signal,
  });
  const { body } = response;
  if (body === null || !response.headers.get('content-type')?.startsWith('text/event-stream'))
    throw new Error(`No stream came: ${response.status} ${await response.text()}`);
  let text = '';
  const ended = (async () => {
    for await (const chunk of body.pipeThrough(new TextDecoderStream())) text += chunk;
  })().catch(() => undefined);
  return {
    events: () => text.split('\n').flatMap((line) => (line.startsWith('data: {') ? [line.slice('data: '.length)] : [])),
    close: () => abort.abort(),
    ended,
  };
}

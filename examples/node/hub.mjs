/**
 * The API with nothing but Node: `ask` for queries and mutations, `subscribe` for live updates.
 * FAMILY_HUB_URL: the server. FAMILY_HUB_TOKEN: an API token, where the server has access control.
 */
const { FAMILY_HUB_URL = 'http://127.0.0.1:4000', FAMILY_HUB_TOKEN } = process.env;

/** An error of the API; `code` is from the list in docs/api.md. A request that got no answer is a TypeError of fetch. */
export class HubError extends Error {
  constructor({ message, extensions = {} }) {
    super(message);
    this.code = extensions.code;
    this.extensions = extensions;
  }
}

const send = (accept, body) =>
  fetch(`${FAMILY_HUB_URL}/graphql`, {
    method: 'POST',
    headers: {
      accept,
      'content-type': 'application/json',
      ...(FAMILY_HUB_TOKEN && { authorization: `Bearer ${FAMILY_HUB_TOKEN}` }),
    },
    body: JSON.stringify(body),
  });

/** The answer's JSON. A proxy may answer with something else while the server is away. */
async function read(response) {
  const text = await response.text();
  try {
    return JSON.parse(text);
  } catch {
    throw new HubError({
      message: `HTTP ${response.status}: ${text.slice(0, 200)}`,
      extensions: { code: response.status >= 500 ? 'SERVICE_UNAVAILABLE' : 'BAD_REQUEST' },
    });
  }
}

/** The data of a query or mutation. Throws HubError. */
export async function ask(query, variables) {
  const { data, errors } = await read(await send('application/json', { query, variables }));
  if (errors) throw new HubError(errors[0]);
  return data;
}

/** Yields the data of each event, until the server ends the stream. Throws HubError. */
export async function* subscribe(query, variables) {
  const response = await send('text/event-stream', { query, variables });
  // Only a request that is refused before GraphQL has another status: no credential, too many requests.
  if (!response.ok) throw new HubError((await read(response)).errors[0]);
  let text = '';
  for await (const chunk of response.body.pipeThrough(new TextDecoderStream())) {
    // An empty line ends an event. Lines that begin with a colon only keep the connection open.
    const events = (text + chunk).split('\n\n');
    text = events.pop();
    for (const event of events) {
      const data = /^data: ?(\{.*)$/m.exec(event)?.[1];
      if (data === undefined) continue;
      const result = JSON.parse(data);
      if (result.errors) throw new HubError(result.errors[0]);
      yield result.data;
    }
  }
}

/** Requests as only browsers and broken clients send them. */
import { once } from 'node:events';
import { request } from 'node:http';

interface Asked {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly from?: string;
}

/** Sends what fetch does not allow: headers that only browsers set, from any address of this machine. */
export async function ask(
  app: { readonly url: string },
  path: string,
  { method = 'GET', headers = {}, from = '127.0.0.1' }: Asked = {},
) {
  const sent = request(app.url + path, { method, headers, localAddress: from, agent: false }).end();
  const [response] = await once(sent, 'response');
  let text = '';
  const isStream = String(response.headers['content-type']).startsWith('text/event-stream');
  for await (const chunk of response.setEncoding('utf8')) {
    text += chunk;
    // An open subscription has sent its first bytes.
    if (isStream && !text.includes('event:')) break;
  }
  sent.destroy();
  return { status: Number(response.statusCode), headers: response.headers, text };
}

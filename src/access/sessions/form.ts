/** Reads the small form of the sign-in page. */
import type { IncomingMessage } from 'node:http';

const LARGEST_FORM = 10_000;

/** The form's fields; undefined when the body is none, or larger than 10,000 bytes. */
export async function readForm(request: IncomingMessage): Promise<URLSearchParams | undefined> {
  const isForm = /^application\/x-www-form-urlencoded\b/i.test(request.headers['content-type'] ?? '');
  const chunks: Buffer[] = [];
  let received = 0;
  try {
    for await (const chunk of request as AsyncIterable<Buffer>) {
      received += chunk.length;
      if (received <= LARGEST_FORM) chunks.push(chunk);
      // Read to its end so that the answer can be sent, but no further than any request may be.
      else if (received > 100 * LARGEST_FORM) break;
    }
  } catch {
    // Its sender has left.
    return undefined;
  }
  return isForm && received <= LARGEST_FORM ? new URLSearchParams(Buffer.concat(chunks).toString('utf8')) : undefined;
}

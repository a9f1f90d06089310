/**
 * A webhook receiver with nothing but Node: verifies the signature (Standard Webhooks), stores each event once, and
 * answers. WEBHOOK_SECRET: the secret that createWebhook returned. PORT: 4100 unless set. INBOX: a folder.
 */
import { createHmac, randomUUID, timingSafeEqual } from 'node:crypto';
import { linkSync, mkdirSync, unlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';

const { WEBHOOK_SECRET = '', PORT = '4100', INBOX = 'inbox' } = process.env;
const LARGEST_BODY = 1_000_000;
/** Older requests may be replays of a recorded one. */
const OLDEST_S = 5 * 60;

if (!/^whsec_[A-Za-z0-9+/]{32,}=*$/.test(WEBHOOK_SECRET)) {
  console.error('Set WEBHOOK_SECRET to the secret of the webhook: whsec_ and its base64.');
  process.exit(1);
}
const key = Buffer.from(WEBHOOK_SECRET.slice('whsec_'.length), 'base64');
mkdirSync(INBOX, { recursive: true });

/** Why a request is not from the server, or undefined. The signature covers the bytes of the body as they came. */
function problemOf({ id, timestamp, signatures, body }) {
  if (!/^[\w-]{1,100}$/.test(id)) return 'webhook-id is missing or invalid';
  if (!(Math.abs(Date.now() / 1_000 - Number(timestamp)) <= OLDEST_S)) return 'webhook-timestamp is too old or missing';
  const expected = createHmac('sha256', key).update(`${id}.${timestamp}.`).update(body).digest();
  // Two signatures during the rotation of a secret; one that matches is enough.
  const isSigned = signatures.split(' ').some((signature) => {
    const given = Buffer.from(signature.replace(/^v1,/, ''), 'base64');
    return signature.startsWith('v1,') && given.length === expected.length && timingSafeEqual(given, expected);
  });
  return isSigned ? undefined : 'webhook-signature does not match';
}

/**
 * Stores an event under its id; false if it was there already. Linked into place when all of it is on the disk, so
 * that a crash leaves no half of one. Process events from the folder, after the answer.
 */
function store(id, body) {
  const unfinished = join(INBOX, `${id}.${randomUUID()}.new`);
  writeFileSync(unfinished, body, { flush: true });
  try {
    linkSync(unfinished, join(INBOX, `${id}.json`));
    return true;
  } catch (error) {
    if (error.code === 'EEXIST') return false;
    throw error;
  } finally {
    unlinkSync(unfinished);
  }
}

const server = createServer(async (request, response) => {
  const answer = (status, text) => response.writeHead(status, { 'content-type': 'text/plain' }).end(`${text}\n`);
  try {
    const chunks = [];
    let size = 0;
    for await (const chunk of request) {
      size += chunk.length;
      if (size > LARGEST_BODY) return answer(413, 'too large');
      chunks.push(chunk);
    }
    const body = Buffer.concat(chunks);
    const header = (name) => String(request.headers[name] ?? '');
    const id = header('webhook-id');
    const signed = { id, timestamp: header('webhook-timestamp'), signatures: header('webhook-signature'), body };
    const problem = problemOf(signed);
    if (problem !== undefined) {
      console.error(`Refused: ${problem}`);
      return answer(401, problem);
    }
    const { type } = JSON.parse(body);
    console.log(`${store(id, body) ? 'Stored' : 'Repeated'} ${type} ${id}`);
    answer(204, '');
  } catch (error) {
    console.error(error);
    // The server delivers it again.
    answer(500, 'The event could not be stored');
  }
});
server.listen(Number(PORT), '127.0.0.1', () => {
  console.log(`Listening on http://127.0.0.1:${server.address().port}`);
});

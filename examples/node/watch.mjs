/**
 * Prints each change of the queue, one JSON line each: node watch.mjs [CURSOR_FILE]
 * It reconnects, and continues where it stopped. With a file it does so even after a restart.
 */
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { ask, HubError, subscribe } from './hub.mjs';

const WATCH = `subscription ($after: String) {
  queuedCreationChanged(after: $after) {
    cursor kind at entryId
    queuedCreation { username status retryCount lastErrorCode }
  }
}`;
const PASSING = ['SERVICE_UNAVAILABLE', 'RATE_LIMITED', 'TIMEOUT', 'INTERNAL_SERVER_ERROR'];
const LONGEST_PAUSE_MS = 30_000;

const file = process.argv[2];
let cursor = file && existsSync(file) ? readFileSync(file, 'utf8').trim() : undefined;
let pauseMs = 1_000;

/** Renamed into place: a crash leaves the old cursor or the new one, never half of it. */
function remember(value) {
  cursor = value;
  if (file === undefined) return;
  writeFileSync(`${file}.new`, value);
  renameSync(`${file}.new`, file);
}

for (;;) {
  try {
    if (cursor === undefined) remember((await ask('{ changeCursor }')).changeCursor);
    console.error('Watching');
    for await (const { queuedCreationChanged } of subscribe(WATCH, { after: cursor })) {
      const { cursor: reached, ...change } = queuedCreationChanged;
      console.log(JSON.stringify(change));
      // After the change was handled: a crash in between repeats it, and loses none.
      remember(reached);
      pauseMs = 1_000;
    }
    console.error('The server ended the stream');
  } catch (error) {
    console.error(error instanceof HubError ? `${error.code}: ${error.message}` : `No connection: ${error.message}`);
    if (error.code === 'CURSOR_EXPIRED') {
      // What happened since is not known any more: here a program would load its data again.
      cursor = undefined;
      continue;
    }
    if (error instanceof HubError && !PASSING.includes(error.code)) process.exit(1);
  }
  await delay(pauseMs);
  pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS);
}

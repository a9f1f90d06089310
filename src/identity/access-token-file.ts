/**
 * A token in a file that somebody else renews, such as a mounted secret of Kubernetes. The file
 * is looked at once a second at the most and read only when it has changed; a change by a
 * symlink (another inode) counts. A file that is away for a moment costs nothing: the held token
 * stays until Zitadel refuses it.
 */
import { readFile, stat } from 'node:fs/promises';
import { type AccessToken, type TokenAnswer, unreadableFile } from './access-token.ts';
import { providerFailure } from './zitadel.errors.ts';

const LOOK_EVERY_MS = 1_000;

/** The token of ZITADEL_TOKEN_FILE; nothing is read before it is first asked for. `elapsed` gives milliseconds. */
export function tokenFromFile(path: string, elapsed: () => number = () => performance.now()): AccessToken {
  let held: string | undefined;
  let version: string | undefined;
  let lookedAt = Number.NEGATIVE_INFINITY;
  let looking: Promise<TokenAnswer> | undefined;

  async function look(isRefused: boolean): Promise<TokenAnswer> {
    lookedAt = elapsed();
    try {
      // Before it is read: a change in between is then seen at the next look.
      const { ino, size, mtimeMs } = await stat(path);
      const seen = `${ino} ${size} ${mtimeMs}`;
      if (held !== undefined && seen === version && !isRefused) return held;
      const token = (await readFile(path, 'utf8')).trim();
      if (token !== '') {
        version = seen;
        held = token;
        return token;
      }
      return held ?? unavailable(`The file ${path} that ZITADEL_TOKEN_FILE names is empty.`);
    } catch (error) {
      return held ?? unavailable(unreadableFile('ZITADEL_TOKEN_FILE', path, error));
    }
  }

  return {
    kind: 'token_file',
    get(refused) {
      const isRefused = held !== undefined && refused === held;
      if (held !== undefined && !isRefused && elapsed() - lookedAt < LOOK_EVERY_MS) return held;
      looking ??= look(isRefused).finally(() => {
        looking = undefined;
      });
      return looking;
    },
    expiresAt: () => null,
  };
}

const unavailable = (detail: string) => providerFailure('PROVIDER_TOKEN_UNAVAILABLE', { detail });

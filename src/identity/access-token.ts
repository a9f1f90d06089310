/**
 * The access token for Zitadel, which every request needs. The kinds of token differ in how a new one is obtained:
 * never, from a file, or by a request to Zitadel.
 */

import { readFile, stat } from 'node:fs/promises';
import { failureOf } from '../diagnosis/failure-messages.ts';
import type { ProviderFailure } from './provider.ts';
import type { Answered } from './zitadel-answers.rules.ts';

/** `none`: the built-in simulator needs no configured token. */
export type TokenKind = 'none' | 'personal_access_token' | 'token_file' | 'service_account_key';

export type TokenAnswer = string | ProviderFailure;

/**
 * Sends a form to Zitadel's token endpoint, over the same connection pool as all other calls and with a time
 * limit. `secret` must not appear in a failure's message.
 */
export type TokenExchange = (form: string, secret: string) => Promise<Answered | ProviderFailure>;

/**
 * Returns the token, as a promise only when it has to be read or requested. `refused` is the token that Zitadel
 * has just refused: a different token in return is tried once.
 */
export type GetToken = (refused: string | undefined, exchange: TokenExchange) => TokenAnswer | Promise<TokenAnswer>;

export interface AccessToken {
  readonly kind: TokenKind;
  readonly get: GetToken;
  /** When the current token expires; null when that is unknown. */
  expiresAt(): Date | null;
}

/** The token in the setting ZITADEL_TOKEN, trimmed. */
export function personalAccessToken(setting: string): AccessToken {
  const token = setting.trim();
  const answer = token === '' ? failureOf('PROVIDER_TOKEN_UNAVAILABLE', { detail: 'ZITADEL_TOKEN is empty.' }) : token;
  return { kind: 'personal_access_token', get: () => answer, expiresAt: () => null };
}

/** Why a file cannot be read, as a sentence for the operator who configured it. */
export function unreadableFile(setting: string, path: string, error: unknown): string {
  const code = (error as NodeJS.ErrnoException | null)?.code ?? 'unknown error';
  const what =
    {
      ENOENT: 'does not exist',
      EACCES: 'may not be read by this user',
      EISDIR: 'is a folder',
    }[code] ?? 'cannot be read';
  return `The file ${path} that ${setting} names ${what} (${code}).`;
}

const LOOK_EVERY_MS = 1_000;

/** The token in ZITADEL_TOKEN_FILE; the file is not read before the first call. `elapsed` returns milliseconds. */
export function tokenFromFile(path: string, elapsed: () => number = () => performance.now()): AccessToken {
  let held: string | undefined;
  let version: string | undefined;
  let lookedAt = Number.NEGATIVE_INFINITY;
  let looking: Promise<TokenAnswer> | undefined;

  async function look(isRefused: boolean): Promise<TokenAnswer> {
    lookedAt = elapsed();
    try {
      // Before the file is read: a change in between is then noticed at the next check.
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

const unavailable = (detail: string) => failureOf('PROVIDER_TOKEN_UNAVAILABLE', { detail });

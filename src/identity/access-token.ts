/**
 * Who we are to Zitadel: a token that is at hand with every request, wherever it comes from.
 * The kinds differ in how a new one is had: never, from a file, or by asking Zitadel itself.
 */
import type { ProviderFailure } from './provider.ts';
import { providerFailure } from './zitadel.errors.ts';
import type { Answered } from './zitadel-answers.rules.ts';

/** `none`: the built-in simulator knows us anyway. */
export type TokenKind = 'none' | 'personal_access_token' | 'token_file' | 'service_account_key';

export type TokenAnswer = string | ProviderFailure;

/**
 * Sends a form to Zitadel's token endpoint, over the connections of all other calls and bounded
 * in time. The secret is what must not show up in a failure's message.
 */
export type TokenExchange = (form: string, secret: string) => Promise<Answered | ProviderFailure>;

/**
 * Gives the token; a promise only where something has to be read or asked for. `refused` is the
 * token that Zitadel has just refused: if the answer is another one, that is tried, once.
 */
export type GetToken = (refused: string | undefined, exchange: TokenExchange) => TokenAnswer | Promise<TokenAnswer>;

export interface AccessToken {
  readonly kind: TokenKind;
  readonly get: GetToken;
  /** When the held token ends; null when that cannot be known. */
  expiresAt(): Date | null;
}

/** The token of the setting ZITADEL_TOKEN, without the white space around it. */
export function personalAccessToken(setting: string): AccessToken {
  const token = setting.trim();
  const answer =
    token === '' ? providerFailure('PROVIDER_TOKEN_UNAVAILABLE', { detail: 'ZITADEL_TOKEN is empty.' }) : token;
  return { kind: 'personal_access_token', get: () => answer, expiresAt: () => null };
}

/** Why a file cannot be read, in a sentence for the one who named it. */
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

/**
 * A secret from the configuration, as text or in a file: ADMIN_TOKEN, METRICS_TOKEN. Only its digest is kept
 * in memory. A file is checked at most once a second, and read only if it has changed (a mounted secret gets
 * another inode); while it is missing or unusable, the last digest stays valid.
 */
import { hash, timingSafeEqual } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { SECRET_PATTERN } from '../../config/access.ts';
import { StartError } from '../../database/start-error.ts';
import type { Logger } from '../../telemetry/logger.ts';
import { cookieValue, publicOrigin } from '../sessions/browser.ts';

const LOOK_EVERY_MS = 1_000;

export interface GivenSecret {
  /** SHA-256 of the secret; undefined when none is configured. */
  digest(): Buffer | undefined;
  /** Whether the secret has this SHA-256; compared in constant time. */
  matches(digest: Buffer): boolean;
}

export interface GivenSecretOptions {
  /** The setting's name; `<setting>_FILE` names the file. */
  readonly setting: string;
  readonly text: string | undefined;
  readonly path: string | undefined;
  readonly logger: Logger;
}

export const sha256 = (text: string): Buffer => hash('sha256', text, 'buffer');

/** Reads the secret. Throws StartError if its file cannot be used; problems with later changes are only logged. */
export function openGivenSecret({ setting, text, path, logger }: GivenSecretOptions): GivenSecret {
  const digest = path === undefined ? fixed(text) : fromFile(setting, path, logger);
  return {
    digest,
    matches(given) {
      const wanted = digest();
      return wanted !== undefined && timingSafeEqual(wanted, given);
    },
  };
}

function fixed(text: string | undefined): () => Buffer | undefined {
  const digest = text === undefined ? undefined : sha256(text);
  return () => digest;
}

function fromFile(setting: string, path: string, logger: Logger): () => Buffer {
  let version = versionOf(path);
  let held = readSecret(setting, path);
  let lookedAt = performance.now();
  return () => {
    if (performance.now() - lookedAt < LOOK_EVERY_MS) return held;
    lookedAt = performance.now();
    const seen = versionOf(path);
    if (seen === version) return held;
    version = seen;
    try {
      held = readSecret(setting, path);
    } catch (error) {
      logger.warn(`${error instanceof Error ? error.message : error} The one that was read before still counts.`);
    }
    return held;
  };
}

function versionOf(path: string): string {
  const stat = statSync(path, { throwIfNoEntry: false });
  return stat === undefined ? 'away' : `${stat.ino} ${stat.size} ${stat.mtimeMs}`;
}

function readSecret(setting: string, path: string): Buffer {
  let text: string;
  try {
    text = readFileSync(path, 'utf8').trim();
  } catch (error) {
    throw new StartError(
      `The file ${path} that ${setting}_FILE names cannot be read (${(error as NodeJS.ErrnoException).code}). Check its path, and that this user may read it.`,
    );
  }
  if (!SECRET_PATTERN.test(text))
    throw new StartError(
      `The file ${path} that ${setting}_FILE names does not hold 32 to 512 visible ASCII characters without spaces. Example: openssl rand -base64 32 > ${path}`,
    );
  return sha256(text);
}

/** A token in the header, or a session's cookie. */
export interface Credential {
  readonly kind: 'bearer' | 'session';
  readonly text: string;
  /** SHA-256 of the text. */
  readonly digest: Buffer;
  /** Identifies the credential without containing it. */
  readonly key: string;
}

export function credentialFrom(kind: Credential['kind'], text: string): Credential {
  const digest = sha256(text);
  return { kind, text, digest, key: `${kind} ${digest.toString('latin1')}` };
}

/**
 * Returns the request's credential; undefined if it has none, `unreadable` for a header of another scheme or
 * without a token. The header takes precedence over the cookie, since it is never sent automatically.
 */
export function credentialOf(
  { headers }: IncomingMessage,
  publicUrl: string | undefined,
): Credential | 'unreadable' | undefined {
  if (headers.authorization !== undefined) {
    const match = /^Bearer +([\x21-\x7e]+)$/i.exec(headers.authorization.trim());
    return match === null ? 'unreadable' : credentialFrom('bearer', match[1] ?? '');
  }
  const cookie = cookieValue(headers, 'session', publicOrigin(headers, publicUrl));
  return cookie === undefined ? undefined : credentialFrom('session', cookie);
}

/**
 * Creates a service account with a key, like Zitadel's console: the key file for the
 * client, the public half for the simulator.
 */
import { generateKeyPair } from 'node:crypto';
import { promisify } from 'node:util';

/** The simulator's half of a service account's key. */
export interface RegisteredKey {
  readonly userId: string;
  readonly keyId: string;
  /** PEM. */
  readonly publicKey: string;
}

/** The contents of the key file. */
export interface KeyFile {
  readonly type: 'serviceaccount';
  readonly keyId: string;
  /** PEM, PKCS#1, as Zitadel writes it. */
  readonly key: string;
  readonly userId: string;
}

/** Creates a new key pair of 2048 bits. */
export async function makeServiceAccount(
  userId = 'simulated-service-account',
  keyId = 'simulated-key',
): Promise<{ keyFile: KeyFile; registered: RegisteredKey }> {
  const { publicKey, privateKey } = await promisify(generateKeyPair)('rsa', {
    modulusLength: 2048,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs1', format: 'pem' },
  });
  return {
    keyFile: { type: 'serviceaccount', keyId, key: privateKey, userId },
    registered: { userId, keyId, publicKey },
  };
}

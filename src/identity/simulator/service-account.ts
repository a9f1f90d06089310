/**
 * A service account with a key, as Zitadel's console makes one: the key file for the client, the
 * public half for the simulator.
 */
import { generateKeyPair } from 'node:crypto';
import { promisify } from 'node:util';

/** What the simulator knows of a service account's key. */
export interface RegisteredKey {
  readonly userId: string;
  readonly keyId: string;
  /** PEM. */
  readonly publicKey: string;
}

/** As it stands in the file. */
export interface KeyFile {
  readonly type: 'serviceaccount';
  readonly keyId: string;
  /** PEM, PKCS#1, as Zitadel writes it. */
  readonly key: string;
  readonly userId: string;
}

/** Makes a new key pair of 2048 bits. */
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

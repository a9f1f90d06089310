import { randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  embeddedMasterKeyPath,
  MasterKeyError,
  makeEmbeddedMasterKey,
  parseMasterKey,
  readEmbeddedMasterKey,
  readMasterKeyFile,
} from './master-key.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'family-hub-jobs-master-key-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('the master key', () => {
  it('is read from base64, base64url and hex, and has one id for all of them', () => {
    const bytes = randomBytes(32);
    const keys = (['base64', 'base64url', 'hex'] as const).map((form) =>
      parseMasterKey(` ${bytes.toString(form)}\n`, 'MASTER_KEY'),
    );
    for (const { key, id } of keys) {
      expect(key).toEqual(bytes);
      expect(id).toBe(keys[0]?.id);
    }
    expect(keys[0]?.id).not.toBe(parseMasterKey(randomBytes(32).toString('base64'), 'MASTER_KEY').id);
  });

  it.each(['', 'too short', randomBytes(16).toString('base64'), randomBytes(33).toString('base64'), '*'.repeat(44)])(
    'is refused when it is not 32 bytes: %j',
    (text) => {
      expect(() => parseMasterKey(text, 'MASTER_KEY')).toThrow(MasterKeyError);
      expect(() => parseMasterKey(text, 'MASTER_KEY')).toThrow('openssl rand -base64 32');
    },
  );

  it('does not show up in the refusal', () => {
    const almost = randomBytes(31).toString('base64');
    expect(() => parseMasterKey(almost, 'MASTER_KEY')).toThrow(expect.not.stringContaining(almost) as Error);
  });

  it('is read from a file, and a missing one is named', () => {
    const path = join(folder, 'given.key');
    const bytes = randomBytes(32);
    writeFileSync(path, `${bytes.toString('base64')}\n`);
    expect(readMasterKeyFile(path).key).toEqual(bytes);
    expect(() => readMasterKeyFile(join(folder, 'absent.key'))).toThrow(/absent\.key cannot be read \(ENOENT\)/);
  });

  it('of the embedded database is made once, for this user only', () => {
    expect(readEmbeddedMasterKey(folder)).toBeUndefined();
    const made = makeEmbeddedMasterKey(folder);
    expect(makeEmbeddedMasterKey(folder).key).toEqual(made.key);
    expect(readEmbeddedMasterKey(folder)?.key).toEqual(made.key);
    expect(statSync(embeddedMasterKeyPath(folder)).mode & 0o777).toBe(0o600);
    expect(readFileSync(embeddedMasterKeyPath(folder), 'utf8')).not.toBe('');
  });
});

import { expect, it } from 'vitest';
import { changedSettings } from './changed-settings.ts';
import { readConfig } from './config.ts';

const changed = (env: Record<string, string>) => changedSettings(readConfig(env).config).sort();

it('holds what differs from its default, as one would write it, and nothing else', () => {
  expect(changed({})).toEqual([]);
  expect(changed({ UNDO_WINDOW: '15m' })).toEqual([]);
  expect(changed({ UNDO_WINDOW: '900s' }), 'the same, written differently').toEqual([]);
  expect(changed({ UNDO_WINDOW: '20m', PORT: '4001', NODE_NAME: 'one', HISTORY_RETENTION: 'never' })).toEqual([
    'HISTORY_RETENTION=never',
    'NODE_NAME=one',
    'PORT=4001',
    'UNDO_WINDOW=20m',
  ]);
});

it('says of a secret only that it is set', () => {
  const secrets = {
    MASTER_KEY: Buffer.alloc(32, 7).toString('base64'),
    DATABASE_URL: 'postgresql://jobs:hidden@db.example:5432/family_hub',
    ADMIN_TOKEN: 'x'.repeat(32),
    IDENTITY_PROVIDER: 'simulator',
  };
  expect(changed(secrets)).toEqual([
    'ADMIN_TOKEN (set)',
    'DATABASE_URL (set)',
    'IDENTITY_PROVIDER=simulator',
    'MASTER_KEY (set)',
  ]);
});

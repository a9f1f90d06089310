import { expect, it } from 'vitest';
import { aggregateNameIn } from './aggregate-id.rules.ts';

it.each([
  [{ jobName: 'RetentionJob', runId: 'r' }, 'RetentionJob'],
  [{ entryId: 'e', username: 'kid_one', role: 'member' }, 'kid_one'],
  [{ apiTokenId: 't', name: 'the night' }, 'the night'],
  [{ keyId: 'k', actor: 'Ada' }, null],
  [{ username: 7 }, null],
  [[], null],
  [null, null],
])('%j has the name %s', (payload, name) => expect(aggregateNameIn(payload)).toBe(name));

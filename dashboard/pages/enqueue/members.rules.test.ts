import { expect, it } from 'vitest';
import { memberWords, ownersFirst } from './members.rules.ts';

it('offers owners and admins first, and tells those of one name apart', () => {
  const noah = { fullName: 'Noah Demo', username: 'noah_d', role: 'MANAGED_ACCOUNT' } as const;
  const members = [
    noah,
    { fullName: 'Noah Demo', username: 'noah_2', role: 'MANAGED_ACCOUNT' },
    { fullName: 'Ann Demo', username: null, role: 'ADMIN' },
    { fullName: 'Bo Demo', username: 'bo', role: 'OWNER' },
  ] as const;
  expect(ownersFirst(members).map(memberWords)).toEqual([
    'Bo Demo, bo (owner)',
    'Ann Demo (admin)',
    'Noah Demo, noah_d (managed account)',
    'Noah Demo, noah_2 (managed account)',
  ]);
});

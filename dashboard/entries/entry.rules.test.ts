import { expect, it } from 'vitest';
import { anewAddress, copiedFrom, messageInWords } from './entry.rules.ts';

const entry = { entryId: 'e', username: 'tim_2015', fullName: 'Tim & Tom', role: 'MEMBER' };
const searchOf = (address: string): URLSearchParams => new URL(address, 'http://here').searchParams;

it('takes over what an entry asks for', () => {
  const address = anewAddress({ ...entry, family: { familyId: 'f' }, createdBy: { userId: 'u' } });
  expect(address).toMatch(/^\/enqueue\?/);
  expect(copiedFrom(searchOf(address))).toEqual({ ...entry, familyId: 'f', createdByUserId: 'u' });
});

it('leaves to be chosen what is gone', () => {
  const copied = copiedFrom(searchOf(anewAddress({ ...entry, family: null, createdBy: null })));
  expect(copied).toEqual({ ...entry, familyId: '', createdByUserId: '' });
});

it('fills in nothing by itself', () => {
  expect(copiedFrom(new URLSearchParams('tab=many'))).toBeUndefined();
});

it('quotes nobody with a word that stands for another', () => {
  expect(messageInWords('Refused. The provider said: “Username <name> is not allowed (SIMUL-<n>)”.')).toBe(
    'Refused. The provider said: “Username … is not allowed (SIMUL-…)”.',
  );
  expect(messageInWords('a <b> c')).toBe('a <b> c');
});

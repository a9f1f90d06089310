import { expect, it } from 'vitest';
import { anewAddress, copiedFrom } from './enqueue-anew.rules.ts';

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

import { createHmac } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { differingFields, digestItems, type Item } from './enqueue-many.rules.ts';

const digest = (value: string) => createHmac('sha256', 'key').update(value).digest('base64url');
const digests = (items: readonly Item[], atomic = false) => digestItems(digest, items, atomic);
const item = fc.record({
  username: fc.string(),
  password: fc.option(fc.string()),
  runAt: fc.option(fc.date({ noInvalidDate: true })),
});
const items = fc.array(item, { minLength: 1, maxLength: 15 });

describe('differingFields', () => {
  it('finds nothing between equal requests', () => {
    fc.assert(
      fc.property(items, (some) => {
        expect(differingFields(digests(some), digests(structuredClone(some)))).toEqual([]);
      }),
    );
  });

  it('names exactly the fields of one item that differ', () => {
    fc.assert(
      fc.property(
        items,
        fc.nat(),
        fc.uniqueArray(fc.constantFrom('username', 'password', 'runAt')),
        (some, at, fields) => {
          const index = at % some.length;
          const changed = some.map((one, place) =>
            place === index ? { ...one, ...Object.fromEntries(fields.map((field) => [field, 'changed!'])) } : one,
          );
          const really = fields.filter((field) => (some[index] as Item)[field] !== 'changed!');
          expect(differingFields(digests(some), digests(changed)).sort()).toEqual(
            really.map((field) => `items.${index}.${field}`).sort(),
          );
        },
      ),
    );
  });

  it('names exactly the items of one field that differ', () => {
    const before = ['a', 'b', 'c', 'd'].map((username) => ({ username, password: null }));
    const after = before.map((one, index) => (index % 2 === 1 ? { ...one, username: 'x' } : one));
    expect(differingFields(digests(before), digests(after))).toEqual(['items.1.username', 'items.3.username']);
  });

  it('names the items alone where several differ in several fields, and those added, removed or moved', () => {
    const named = (username: string) => ({ username, password: 'p' });
    const [a, b, c] = [named('a'), named('b'), named('c')];
    const before = [a, b, c];
    expect(differingFields(digests(before), digests([{ ...a, username: 'x' }, { ...b, password: 'y' }, c]))).toEqual([
      'items.0',
      'items.1',
    ]);
    expect(differingFields(digests(before), digests([a, b]))).toEqual(['items.2']);
    expect(differingFields(digests([a, b]), digests(before))).toEqual(['items.2']);
    expect(differingFields(digests(before), digests([a, c, b]))).toEqual(['items.1.username', 'items.2.username']);
    expect(differingFields(digests(before), digests(before, true))).toEqual(['atomic']);
  });

  it('names no more than it can list', () => {
    const many = (name: string) => Array.from({ length: 30 }, (_, index) => ({ username: `${name}${index}` }));
    expect(differingFields(digests(many('a')), digests(many('b')))).toEqual(['items']);
  });
});

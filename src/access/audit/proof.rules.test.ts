import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { SignedRow } from '../../work/audit-trail.ts';
import { type Anchor, chainAt, macOfAnchor, macOfRow, NO_CHAIN, type Place } from './proof.rules.ts';

const key = randomBytes(32);
const text = fc.string({ unit: 'binary', maxLength: 8 });
const maybe = fc.option(text);
const row: fc.Arbitrary<SignedRow> = fc.record({
  id: fc.uuid(),
  at: text,
  actor_kind: text,
  actor_id: text,
  actor: text,
  token_prefix: maybe,
  role: text,
  action: text,
  outcome: text,
  target_type: maybe,
  target_id: maybe,
  family_id: maybe,
  reason: maybe,
  before: maybe,
  after: maybe,
  request_id: maybe,
  address: maybe,
  node_id: maybe,
  key_id: text,
});

describe('macOfRow', () => {
  it('differs when any column differs, null from the text "null" and from none', () => {
    fc.assert(
      fc.property(
        row,
        fc.constantFrom(...(Object.keys(fc.sample(row, 1)[0] ?? {}) as (keyof SignedRow)[])),
        maybe,
        (one, column, value) => {
          fc.pre(one[column] !== value);
          expect(macOfRow(key, { ...one, [column]: value })).not.toEqual(macOfRow(key, one));
        },
      ),
    );
    const [one] = fc.sample(row, 1) as [SignedRow];
    expect(macOfRow(key, { ...one, reason: null })).not.toEqual(macOfRow(key, { ...one, reason: 'null' }));
    expect(macOfRow(key, { ...one, reason: null })).not.toEqual(macOfRow(key, { ...one, reason: '' }));
  });

  it('does not let text move from one column to the next', () => {
    fc.assert(
      fc.property(row, text, text, (one, a, b) => {
        fc.pre(a !== '');
        const moved = macOfRow(key, { ...one, actor_id: b, actor: a + b });
        expect(moved).not.toEqual(macOfRow(key, { ...one, actor_id: b + a, actor: b }));
      }),
    );
  });

  it('needs the key', () => {
    fc.assert(
      fc.property(row, (one) => {
        expect(macOfRow(randomBytes(32), one)).not.toEqual(macOfRow(key, one));
      }),
    );
  });
});

describe('chainAt', () => {
  const place: fc.Arbitrary<Place> = fc.record({
    link: fc.integer({ min: 1 }),
    sequence: fc.integer({ min: 1 }),
    chainedAt: fc.integer({ min: 1 }),
    mac: fc.uint8Array({ minLength: 32, maxLength: 32 }).map((value) => Buffer.from(value)),
  });

  it('hangs on what was before, on the place, on the sequence, on when it was chained and on the row’s code', () => {
    fc.assert(
      fc.property(place, place, (one, other) => {
        const chain = chainAt(key, NO_CHAIN, one);
        expect(chainAt(key, chain, one)).not.toEqual(chain);
        for (const part of ['link', 'sequence', 'chainedAt', 'mac'] as const) {
          if (one[part].toString() === other[part].toString()) continue;
          expect(chainAt(key, NO_CHAIN, { ...one, [part]: other[part] })).not.toEqual(chain);
        }
      }),
    );
  });

  it('takes bytes of any length for what they are', () => {
    const mac = Buffer.from('ab');
    expect(chainAt(key, Buffer.from('ab'), { link: 1, sequence: 1, chainedAt: 1, mac })).not.toEqual(
      chainAt(key, Buffer.from('a'), { link: 1, sequence: 1, chainedAt: 1, mac: Buffer.from('bab') }),
    );
  });
});

describe('macOfAnchor', () => {
  it('hangs on every part, and on whether it is a cut', () => {
    const anchor: Anchor = { link: 1, isPruned: false, at: 12, chain: NO_CHAIN };
    const changes: Partial<Anchor>[] = [{ link: 11 }, { isPruned: true }, { at: 2 }, { chain: randomBytes(32) }];
    const macs = [anchor, ...changes.map((change) => ({ ...anchor, ...change }))].map((one) =>
      macOfAnchor(key, one).toString('hex'),
    );
    expect(new Set(macs).size).toBe(macs.length);
  });
});

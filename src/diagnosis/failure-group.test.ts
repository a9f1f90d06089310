import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { failureGroupKey, normaliseMessage } from './failure-group.ts';

describe('normaliseMessage', () => {
  it.each([
    ['The name "noah_1" is taken (V3-DKcYh)', 'The name <name> is taken (V3-DKcYh)'],
    ['No answer within 10000 ms at 2026-11-25T13:00:00.123Z', 'No answer within <n> ms at <time>'],
    ['User 0f0e7a9c-6a1e-4a53-9d0b-8a3f3c6f2b11 of trace 4bf92f3577b34da6a3ce929d0e0e4736', 'User <id> of trace <id>'],
    ['Mail to noah@noemail.example.org   failed', 'Mail to <address> failed'],
  ])('%s', (message, normal) => {
    expect(normaliseMessage(message)).toBe(normal);
  });

  it('takes the entry’s own names out of the provider’s words, the longer one first', () => {
    expect(
      normaliseMessage('Refused. The provider said: “noah_1 (Noah noah_1 Smith) is bad (V3-x)”.', [
        'noah_1',
        'Noah noah_1 Smith',
      ]),
    ).toBe('Refused. The provider said: “<name> (<name>) is bad (V3-x)”.');
  });

  it('takes the parts of the full name out too, as the provider is told them apart', () => {
    const said = (text: string) => normaliseMessage(`Refused. The provider said: “${text}”.`, ['noah_1', 'Will Smith']);
    expect(said('Smith, Will is under review and will be refused')).toBe(
      'Refused. The provider said: “<name>, <name> is under review and will be refused”.',
    );
  });

  it('leaves our own sentences and parts of words alone, whatever a child is called', () => {
    const message = 'The account cannot be made this time. The provider said: “cannot do it for ann this time”.';
    expect(normaliseMessage(message, ['account', 'Ann'])).toBe(
      'The account cannot be made this time. The provider said: “cannot do it for <name> this time”.',
    );
  });

  it('keeps what the provider said apart from what it said elsewhere', () => {
    const said = (what: string) => normaliseMessage(`Failed. The provider said: “${what}”.`);
    expect(said('database is locked')).not.toBe(said('disk is full'));
  });

  it('gives two entries that differ in ids, numbers and names the same group', () => {
    const message = (id: string, n: number, name: string) => `Account ${id} for "${name}" failed after ${n} ms`;
    fc.assert(
      fc.property(fc.uuid(), fc.uuid(), fc.nat(), fc.nat(), fc.stringMatching(/^[a-z]{3,12}$/), (a, b, n, m, name) => {
        expect(normaliseMessage(message(a, n, name))).toBe(normaliseMessage(message(b, m, 'other')));
      }),
    );
  });

  it('is stable: normalising again changes nothing', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        const once = normaliseMessage(text);
        expect(normaliseMessage(once)).toBe(once);
      }),
    );
  });
});

it('tells codes apart', () => {
  expect(failureGroupKey('A', 'x')).not.toBe(failureGroupKey('B', 'x'));
  expect(failureGroupKey('A', 'x')).toBe(failureGroupKey('A', 'x'));
});

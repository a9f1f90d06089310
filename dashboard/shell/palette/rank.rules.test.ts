import { describe, expect, it } from 'vitest';
import { entryOf, isNamed, ranked, soughtBy } from './rank.rules.ts';

const ITEMS = [
  { title: 'Pause the queue', words: 'stop hold' },
  { title: 'Pause RetentionJob' },
  { title: 'Queue' },
  { title: 'Run ManagedAccountRetryJob now' },
];
const titles = (typed: string) => ranked(ITEMS, typed).map(({ title }) => title);

describe('which commands fit', () => {
  it('keeps all, in their order, where nothing was typed', () => {
    expect(titles('  ')).toHaveLength(ITEMS.length);
  });

  it('puts first what begins with it and says little besides', () => {
    expect(titles('queue')).toEqual(['Queue', 'Pause the queue']);
    expect(titles('pa')).toEqual(['Pause RetentionJob', 'Pause the queue']);
  });

  it('wants every word, in any order, and knows other words', () => {
    expect(titles('queue pause')).toEqual(['Pause the queue']);
    expect(titles('stop')).toEqual(['Pause the queue']);
    expect(titles('pause everything')).toEqual([]);
    expect(titles('retry')).toEqual(['Run ManagedAccountRetryJob now']);
  });
});

it('tells a command that is named from one that other words find', () => {
  const verify = { title: 'Verify the audit trail', words: 'check proof export' };
  expect(ranked([verify], 'the ex')).toEqual([verify]);
  expect([isNamed(verify, 'the ex'), isNamed(verify, 'the aud')]).toEqual([false, true]);
});

describe('what the server is asked for', () => {
  const ID = '2f5eea85-8658-4268-a9d8-1772fb76014b';

  it('takes an id for an entry or a run, and other text for a username and a family', () => {
    expect(soughtBy(` ${ID.toUpperCase()} `)).toEqual({ id: ID, username: undefined, family: undefined });
    expect(soughtBy('Noah')).toEqual({ id: undefined, username: 'noah', family: 'Noah' });
    expect(soughtBy('van Dyk')).toEqual({ id: undefined, username: undefined, family: 'van Dyk' });
    expect(soughtBy('n')).toEqual({ id: undefined, username: undefined, family: undefined });
  });

  it('knows the page of an entry', () => {
    expect(entryOf(`/queue/${ID}`)).toBe(ID);
    expect(entryOf('/queue')).toBeUndefined();
    expect(entryOf('/queue/new')).toBeUndefined();
  });
});

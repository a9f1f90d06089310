/**
 * No access to your own network: requests go only to addresses that were resolved and checked; responses are
 * truncated, redirects are not followed, and every wait has a timeout.
 */
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { readNetwork } from '../../src/addresses.ts';
import { createResolver, type Resolve, resolveHost, type SendTools, send } from '../../src/events/webhooks/send.ts';
import { type Receiver, startReceiver } from '../support/receiver.ts';

const LOOPBACK = [readNetwork('127.0.0.0/8')].flatMap((one) => one ?? []);
const NEVER = new AbortController().signal;
const BODY = '{"id":"e1"}';

let receiver: Receiver;
beforeAll(async () => {
  receiver = await startReceiver();
});
afterAll(() => receiver?.close());
beforeEach(() => {
  (receiver.received as unknown[]).length = 0;
  receiver.answer = (response) => response.writeHead(204).end();
});

const tools = (resolve: Resolve, more: Partial<SendTools> = {}): SendTools => ({
  resolve: createResolver(resolve),
  policy: { allowedNetworks: [] },
  timeoutMs: 2_000,
  ...more,
});
const OWN = { policy: { allowedNetworks: LOOPBACK } };
const to = (host: string): string => `http://${host}:${new URL(receiver.url).port}/hook?x=1`;
const post = (url: string, given: SendTools, signal: AbortSignal = NEVER) =>
  send(given, { url, body: BODY, headers: { 'webhook-id': 'e1' } }, signal);

/** A resolver for tests that returns the next answer at each call. */
function answering(...answers: (readonly string[])[]): Resolve & { asked: string[] } {
  const asked: string[] = [];
  const resolve = async (host: string) => {
    asked.push(host);
    return answers[Math.min(asked.length, answers.length) - 1] ?? [];
  };
  return Object.assign(resolve, { asked });
}

describe('what is refused', () => {
  it.each([
    ['the metadata of clouds', 'http://169.254.169.254/'],
    ['the same as a number', 'http://2852039166/'],
    ['loopback', 'http://127.0.0.1/'],
    ['loopback within IPv6', 'http://[::ffff:7f00:1]/'],
  ])('%s', async (_what, url) => {
    const names = answering(['1.1.1.1']);
    expect(await post(url, tools(names))).toMatchObject({ kind: 'failure', outcome: 'address_refused' });
    expect(names.asked).toEqual([]);
  });

  it('a name that resolves to loopback, by a name server or by the system', async () => {
    expect(await post(to('inner.test'), tools(answering(['127.0.0.1'])))).toMatchObject({
      outcome: 'address_refused',
      message: expect.stringContaining('inner.test, which is 127.0.0.1: this machine itself'),
    });
    const bySystem = { ...tools(answering([])), resolve: resolveHost };
    expect(await post(to('localhost'), bySystem)).toMatchObject({ outcome: 'address_refused' });
    expect(receiver.received).toEqual([]);
  });

  it('a name of which one address of several is not public', async () => {
    const names = answering(['1.1.1.1', '2606:4700::1111', '10.0.0.1']);
    expect(await post(to('mixed.test'), tools(names))).toMatchObject({
      outcome: 'address_refused',
      message: expect.stringContaining('10.0.0.1'),
    });
  });

  it('plain http to a public address', async () => {
    const policy = { allowedNetworks: LOOPBACK };
    expect(await post(to('public.test'), tools(answering(['1.1.1.1']), { policy }))).toMatchObject({
      outcome: 'address_refused',
      message: expect.stringContaining('plain http'),
    });
  });
});

describe('a name that changes its answer (DNS rebinding)', () => {
  it('is refused once it leads to what is not allowed', async () => {
    const names = answering(['127.0.0.2'], ['127.0.0.1']);
    const allowedNetworks = [readNetwork('127.0.0.2')].flatMap((one) => one ?? []);
    const given = tools(names, { policy: { allowedNetworks } });
    // The first address is allowed, but nothing listens there.
    expect(await post(to('rebind.test'), given)).toMatchObject({ outcome: 'not_connected' });
    expect(await post(to('rebind.test'), given)).toMatchObject({ outcome: 'address_refused' });
    expect(receiver.received).toEqual([]);
  });

  it('is asked once for each delivery, and connected to where that answer leads', async () => {
    // The system cannot resolve this name, so a connection can only use the address that was resolved and checked
    // here.
    const names = answering(['127.0.0.1'], ['127.0.0.1']);
    for (const _ of [1, 2]) expect(await post(to('pinned.test'), tools(names, OWN))).toMatchObject({ status: 204 });
    expect(names.asked).toEqual(['pinned.test', 'pinned.test']);
    expect(receiver.received.map(({ headers }) => headers.host)).toEqual(
      Array(2).fill(new URL(to('pinned.test')).host),
    );
  });

  it('tries the next of the addresses that were judged where one does not answer', async () => {
    const names = answering(['127.0.0.2', '127.0.0.1']);
    expect(await post(to('two.test'), tools(names, OWN))).toMatchObject({ status: 204 });
  });
});

describe('an answer', () => {
  it('that redirects is not followed', async () => {
    receiver.answer = (response) => response.writeHead(302, { location: '/elsewhere' }).end('moved');
    expect(await post(to('127.0.0.1'), tools(answering(), OWN))).toMatchObject({ status: 302, answer: 'moved' });
    expect(receiver.received.map(({ path }) => path)).toEqual(['/hook?x=1']);
  });

  it('without an end is cut, in size and in time, once the status is known', async () => {
    receiver.answer = (response) => {
      response.writeHead(200);
      const write = (): void => {
        while (!response.destroyed && response.write('x'.repeat(65_536)));
      };
      response.on('drain', write);
      write();
    };
    const large = await post(to('127.0.0.1'), tools(answering(), OWN));
    expect(large).toMatchObject({ kind: 'answer', status: 200 });
    expect(large.kind === 'answer' ? large.answer.length : 0).toBeLessThanOrEqual(4_000);
    receiver.answer = (response) => response.writeHead(200).write('begun');
    expect(await post(to('127.0.0.1'), tools(answering(), OWN))).toMatchObject({ status: 200, answer: 'begun' });
    await expect.poll(receiver.open).toBe(0);
  });

  it('that does not come is waited for no longer than is set, nor when the node stops', async () => {
    receiver.answer = () => undefined;
    const given = tools(answering(), { ...OWN, timeoutMs: 150 });
    expect(await post(to('127.0.0.1'), given)).toMatchObject({ outcome: 'timed_out' });
    const stopping = new AbortController();
    const sent = post(to('127.0.0.1'), tools(answering(), OWN), stopping.signal);
    await expect.poll(() => receiver.received.length).toBe(2);
    stopping.abort();
    expect(await sent).toMatchObject({ outcome: 'interrupted' });
    await expect.poll(receiver.open).toBe(0);
  });
});

describe('what cannot be reached', () => {
  it('says why', async () => {
    const unknown: Resolve = () => Promise.reject(Object.assign(new Error('no'), { code: 'ENOTFOUND' }));
    expect(await post(to('nowhere.test'), tools(unknown))).toMatchObject({ outcome: 'unknown_host' });
    const closed = await startReceiver();
    await closed.close();
    expect(await post(closed.url, tools(answering(), OWN))).toMatchObject({
      outcome: 'not_connected',
      message: expect.stringContaining('ECONNREFUSED'),
    });
  });

  it('a name server that hangs is waited for no longer than is set', async () => {
    const hanging: Resolve = () => new Promise(() => undefined);
    expect(await post(to('slow.test'), tools(hanging, { timeoutMs: 100 }))).toMatchObject({ outcome: 'timed_out' });
  });

  it('a server that cannot prove who it is', async () => {
    const server = createTlsServer({});
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const url = `https://secure.test:${(server.address() as AddressInfo).port}/`;
    expect(await post(url, tools(answering(['127.0.0.1']), OWN))).toMatchObject({ outcome: 'not_connected' });
    server.close();
  });
});

describe('createResolver', () => {
  it('asks for a name once, whoever waits, and for few at a time', async () => {
    const open: (() => void)[] = [];
    const asked: string[] = [];
    const resolve = createResolver(async (host) => {
      asked.push(host);
      await new Promise<void>((go) => open.push(go));
      return [host === 'a.test' ? '1.1.1.1' : '2.2.2.2'];
    });
    const all = ['a.test', 'a.test', 'b.test', 'c.test', 'd.test', 'a.test'].map(resolve);
    await expect.poll(() => asked).toEqual(['a.test', 'b.test', 'c.test']);
    open.shift()?.();
    await expect.poll(() => asked).toEqual(['a.test', 'b.test', 'c.test', 'd.test']);
    for (const go of open) go();
    await expect.poll(() => open.length).toBe(3);
    for (const go of open) go();
    expect(await Promise.all(all)).toEqual([
      ['1.1.1.1'],
      ['1.1.1.1'],
      ['2.2.2.2'],
      ['2.2.2.2'],
      ['2.2.2.2'],
      ['1.1.1.1'],
    ]);
  });
});

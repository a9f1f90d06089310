import { expect, it } from 'vitest';
import { ConfigurationError, readConfig } from './config.ts';

const networksOf = (text: string) => readConfig({ WEBHOOK_ALLOWED_NETWORKS: text }).config.WEBHOOK_ALLOWED_NETWORKS;

it('reads networks and addresses, IPv4 and IPv6', () => {
  expect(networksOf('127.0.0.0/8, 10.0.0.7,fd00::/8,')).toEqual(['127.0.0.0/8', '10.0.0.7', 'fd00::/8']);
  expect(readConfig({}).config.WEBHOOK_ALLOWED_NETWORKS).toBeUndefined();
});

it.each(['localhost', '10.0.0.0/33', '10.0.0/8', '*', '10.0.0.1;10.0.0.2'])('refuses %s', (text) => {
  expect(() => networksOf(text)).toThrow(ConfigurationError);
  expect(() => networksOf(text)).toThrow(
    /WEBHOOK_ALLOWED_NETWORKS=".*" is not a list of networks.*Example: WEBHOOK_ALLOWED_NETWORKS=127/,
  );
});

import { expect, it } from 'vitest';
import { namesLoopback } from './address.ts';

it.each([
  'localhost',
  'localhost:4000',
  'LOCALHOST:4000',
  '127.0.0.1',
  '127.0.0.1:4000',
  '127.1.2.3:80',
  '[::1]',
  '[::1]:4000',
])('%s names this machine', (host) => {
  expect(namesLoopback(host)).toBe(true);
});

it.each([
  'evil.example',
  'evil.example:4000',
  'localhost.evil.example',
  '127.0.0.1.evil.example',
  '127.evil.example',
  '10.0.0.1',
  '[::2]:4000',
  '',
  'localhost:x',
  'a b',
])('%s does not', (host) => {
  expect(namesLoopback(host)).toBe(false);
});

it('a request without Host does not', () => {
  expect(namesLoopback(undefined)).toBe(false);
});

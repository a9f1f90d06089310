import { describe, expect, it } from 'vitest';
import { allowedHosts } from '../http/server.ts';
import { ConfigurationError, readConfig } from './config.ts';

const read = (env: Record<string, string>) => readConfig(env).config;
const refusal = (env: Record<string, string>): string => {
  try {
    read(env);
  } catch (error) {
    if (error instanceof ConfigurationError) return error.message;
    throw error;
  }
  throw new Error('It was accepted.');
};

describe('ALLOWED_HOSTS', () => {
  it('is a list of names, to which that of PUBLIC_URL comes', () => {
    expect(read({ ALLOWED_HOSTS: 'jobs.example.org, .inner.example,server' }).ALLOWED_HOSTS).toEqual([
      'jobs.example.org',
      '.inner.example',
      'server',
    ]);
    const config = read({ ALLOWED_HOSTS: 'a.example', PUBLIC_URL: 'https://jobs.example.org:8443/' });
    expect(allowedHosts(config)).toEqual(['a.example', 'jobs.example.org']);
    expect(allowedHosts(read({}))).toEqual([]);
  });

  it.each(['*', '*.example.org', 'https://jobs.example.org', 'jobs.example.org:4000', 'a b', 'a/b'])(
    'cannot be %s',
    (value) => expect(refusal({ ALLOWED_HOSTS: value })).toContain('is not a list of host names'),
  );
});

describe('CORS_ORIGINS', () => {
  it('is a list of origins as browsers write them', () => {
    expect(read({ CORS_ORIGINS: 'https://app.example.org,http://localhost:5173' }).CORS_ORIGINS).toEqual([
      'https://app.example.org',
      'http://localhost:5173',
    ]);
  });

  it.each([
    '*',
    'null',
    'app.example.org',
    'https://app.example.org/',
    'https://app.example.org:443',
    'ftp://a.example',
  ])('cannot be %s', (value) => expect(refusal({ CORS_ORIGINS: value })).toContain('is not a list of origins'));
});

describe('limits', () => {
  it.each([
    ['RATE_LIMIT', 1, 100_000],
    ['MAX_SUBSCRIPTIONS', 1, 10_000],
    ['PORT', 0, 65_535],
  ])('%s goes from %i to %i', (name, least, most) => {
    expect(read({ [name]: String(least) })).toMatchObject({ [name]: least });
    expect(read({ [name]: String(most) })).toMatchObject({ [name]: most });
    expect(refusal({ [name]: String(least - 1) })).toContain(name);
    expect(refusal({ [name]: String(most + 1) })).toContain(
      `${name}="${most + 1}" is not between ${least} and ${most}`,
    );
  });

  it('of time end a database query before its answer', () => {
    const { statementTimeoutMs, requestTimeoutMs } = read({});
    expect(statementTimeoutMs).toBeLessThan(requestTimeoutMs);
  });
});

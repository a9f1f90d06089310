import { expect, it } from 'vitest';
import { readConfig } from './config.ts';
import { exporterSecrets, secretsOf } from './secrets.ts';

it('knows the secrets of a configuration, and the passwords within addresses in both spellings', () => {
  const { config } = readConfig({
    DATABASE_URL: 'postgresql://app:p%40ss%2Fword@db:5432/jobs',
    MASTER_KEY: 'bWFzdGVyIGtleSBvZiAzMiBieXRlcyAuLi4uLi4uLi4=',
    ADMIN_TOKEN: 'an-admin-token-that-is-long-enough-to-be-one',
    SEQ_API_KEY: 'k3y-of-seq',
    NODE_NAME: 'jobs-1',
    IDENTITY_PROVIDER: 'simulator',
  });
  const secrets = secretsOf(config);
  expect(secrets).toEqual(
    expect.arrayContaining([
      'p%40ss%2Fword',
      'p@ss/word',
      'bWFzdGVyIGtleSBvZiAzMiBieXRlcyAuLi4uLi4uLi4=',
      'an-admin-token-that-is-long-enough-to-be-one',
      'k3y-of-seq',
    ]),
  );
  expect(secrets).not.toContain('jobs-1');
});

it('knows the password of a database with several hosts', () => {
  const { config } = readConfig({
    DATABASE_URL: 'postgresql://app:p%40ssword@db1:5432,db2/jobs',
    MASTER_KEY: 'bWFzdGVyIGtleSBvZiAzMiBieXRlcyAuLi4uLi4uLi4=',
    IDENTITY_PROVIDER: 'simulator',
  });
  expect(secretsOf(config)).toEqual(expect.arrayContaining(['p%40ssword', 'p@ssword']));
});

it('hides no address of a database that has no password: the start shows it', () => {
  const { config } = readConfig({
    DATABASE_URL: 'postgresql://app@db:5432/jobs',
    MASTER_KEY: 'bWFzdGVyIGtleSBvZiAzMiBieXRlcyAuLi4uLi4uLi4=',
    IDENTITY_PROVIDER: 'simulator',
  });
  expect(secretsOf(config)).toEqual([config.MASTER_KEY]);
});

it('knows the values in the headers for the collector of traces, in both spellings', () => {
  const env = {
    OTEL_EXPORTER_OTLP_HEADERS: 'api-key=k3y-one,authorization=Bearer%20t0ken',
    OTEL_EXPORTER_OTLP_TRACES_HEADERS: 'x=a%2Fb=',
    OTEL_SERVICE_NAME: 'jobs',
  };
  expect(exporterSecrets(env)).toEqual(['k3y-one', 'k3y-one', 'Bearer%20t0ken', 'Bearer t0ken', 'a%2Fb=', 'a/b=']);
});

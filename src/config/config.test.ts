import { describe, expect, it } from 'vitest';
import { ConfigurationError, readConfig, readSettings, settingText } from './config.ts';

const problemsOf = (env: Record<string, string>): readonly string[] => {
  try {
    readConfig(env);
  } catch (error) {
    if (error instanceof ConfigurationError) return error.problems;
    throw error;
  }
  throw new Error('The configuration was accepted');
};

const TOKEN = 'x'.repeat(32);
const EXTERNAL = { DATABASE_URL: 'postgresql://a@b/c', MASTER_KEY: 'x', IDENTITY_PROVIDER: 'simulator' };

describe('readConfig', () => {
  it('needs nothing, and then uses the documented defaults', () => {
    const { config, warnings } = readConfig({});
    expect(warnings).toEqual([]);
    expect(config).toMatchObject({
      HOST: '127.0.0.1',
      PORT: 4000,
      PROVIDER_TIMEOUT: 10_000,
      LEASE_DURATION: 30_000,
      UNDO_WINDOW: 900_000,
    });
    expect(config.DATABASE_URL).toBeUndefined();
  });

  it('reads durations with their unit', () => {
    const { config } = readConfig({
      PROVIDER_TIMEOUT: '500ms',
      LEASE_DURATION: '2s',
      HEARTBEAT_INTERVAL: '1s',
      SHUTDOWN_TIMEOUT: '1.5m',
      UNDO_WINDOW: '4h',
      FAILED_PASSWORD_RETENTION: '30d',
    });
    expect(config).toMatchObject({
      PROVIDER_TIMEOUT: 500,
      LEASE_DURATION: 2_000,
      SHUTDOWN_TIMEOUT: 90_000,
      UNDO_WINDOW: 14_400_000,
      FAILED_PASSWORD_RETENTION: 2_592_000_000,
    });
  });

  it('reads how long things are kept, or that they are never deleted', () => {
    expect(readConfig({}).config).toMatchObject({
      HISTORY_RETENTION: 7_776_000_000,
      UNRESOLVED_RETENTION: null,
    });
    expect(readConfig({ HISTORY_RETENTION: 'never', UNRESOLVED_RETENTION: '2d' }).config).toMatchObject({
      HISTORY_RETENTION: null,
      UNRESOLVED_RETENTION: 172_800_000,
    });
    // At least one day: idempotency keys are kept that long, and a repeat must find what the first request created.
    expect(problemsOf({ HISTORY_RETENTION: 'always', UNRESOLVED_RETENTION: '23h' })).toEqual([
      expect.stringMatching(
        /^HISTORY_RETENTION="always" is not a duration .*, or never\. Example: HISTORY_RETENTION=30d$/,
      ),
      'UNRESOLVED_RETENTION="23h" is shorter than 1d. Example: UNRESOLVED_RETENTION=365d',
    ]);
  });

  it('reports every wrong value at once, each with the variable, what is wrong and an example', () => {
    const problems = problemsOf({ PORT: 'four', LEASE_DURATION: '30', LOG_LEVEL: 'loud', DATABASE_URL: 'mysql://x' });
    expect(problems).toHaveLength(4);
    expect(problems).toEqual(
      expect.arrayContaining([
        'PORT="four" is not a whole number. Example: PORT=8080',
        expect.stringMatching(/^LEASE_DURATION="30" is not a duration .*Example: LEASE_DURATION=1m$/),
        expect.stringMatching(/^LOG_LEVEL="loud" is not one of trace, .*Example: LOG_LEVEL=debug$/),
        expect.stringMatching(/^DATABASE_URL is not a URL that begins with postgres:/),
      ]),
    );
  });

  it('reports rules over several settings with them, but no follow-up of a value that was wrong itself', () => {
    expect(
      problemsOf({
        DATABASE_URL: 'postgresql://a@b/c',
        IDENTITY_PROVIDER: 'zitadell',
        PROVIDER_TIMEOUT: 'ten',
        LEASE_DURATION: '1s',
        HOST: '0.0.0.0',
      }),
    ).toEqual([
      expect.stringContaining('IDENTITY_PROVIDER="zitadell" is not one of'),
      expect.stringContaining('PROVIDER_TIMEOUT="ten" is not a duration'),
      expect.stringContaining('HEARTBEAT_INTERVAL must not be longer than LEASE_DURATION'),
      expect.stringContaining('MASTER_KEY (or MASTER_KEY_FILE) is needed'),
      expect.stringContaining('HOST="0.0.0.0" is not a loopback address'),
    ]);
    expect(problemsOf({ DATABASE_URL: 'nonsense' })).toHaveLength(1);
  });

  it('never repeats a secret value', () => {
    expect(problemsOf({ DATABASE_URL: 'mysql://user:geheim@host' }).join()).not.toContain('geheim');
  });

  it('has constants that no environment variable changes', () => {
    const { config, warnings } = readConfig({ alertIntervalMs: '1', ALERT_INTERVAL_MS: '1' });
    expect(config.alertIntervalMs).toBe(10_000);
    expect(warnings).toEqual([]);
  });

  it('treats an empty value as unset', () => {
    expect(readConfig({ PORT: '', DATABASE_URL: '' }).config.PORT).toBe(4000);
  });

  it('wants a lease of at least three timeouts', () => {
    expect(problemsOf({ PROVIDER_TIMEOUT: '20s' })).toEqual([
      expect.stringContaining('LEASE_DURATION must be at least three times PROVIDER_TIMEOUT'),
    ]);
    expect(readConfig({ PROVIDER_TIMEOUT: '20s', LEASE_DURATION: '60s' }).config.LEASE_DURATION).toBe(60_000);
  });

  it('wants a master key and a chosen provider with a database of one’s own', () => {
    const problems = problemsOf({ DATABASE_URL: EXTERNAL.DATABASE_URL });
    expect(problems).toEqual([
      expect.stringContaining('MASTER_KEY'),
      expect.stringContaining('IDENTITY_PROVIDER=simulator'),
    ]);
    expect(readConfig(EXTERNAL).config.DATABASE_URL).toBe(EXTERNAL.DATABASE_URL);
  });

  it.each([
    [{ IDENTITY_PROVIDER: 'zitadel' }, 'ZITADEL_URL is needed'],
    [{ ZITADEL_URL: 'https://id.example.org' }, 'ZITADEL_TOKEN (or ZITADEL_TOKEN_FILE) is needed'],
    [{ ...EXTERNAL, MASTER_KEY_FILE: '/k' }, 'MASTER_KEY and MASTER_KEY_FILE are both set'],
    [{ NEW_MASTER_KEY: 'x', NEW_MASTER_KEY_FILE: '/k' }, 'NEW_MASTER_KEY and NEW_MASTER_KEY_FILE are both set'],
    [{ MASTER_KEY_FILE: '/k', NEW_MASTER_KEY_FILE: '/k' }, 'NEW_MASTER_KEY_FILE names the same file'],
    [{ DATABASE_DIRECT_URL: 'postgresql://a@b/c' }, 'DATABASE_DIRECT_URL is set without DATABASE_URL'],
    [{ HOST: '0.0.0.0' }, 'is not a loopback address, and callers would not authenticate. Set ADMIN_TOKEN'],
    [{ HOST: '0.0.0.0', METRICS_TOKEN: TOKEN }, 'is not a loopback address'],
    [{ SEQ_API_KEY: 'geheim€' }, 'SEQ_API_KEY must have only visible ASCII characters, without spaces'],
    [{ ADMIN_TOKEN: 'x'.repeat(31) }, 'ADMIN_TOKEN must have 32 to 512 visible ASCII characters, without spaces'],
    [{ ADMIN_TOKEN: TOKEN, ADMIN_TOKEN_FILE: '/t' }, 'ADMIN_TOKEN and ADMIN_TOKEN_FILE are both set'],
    [{ METRICS_TOKEN: TOKEN, METRICS_TOKEN_FILE: '/t' }, 'METRICS_TOKEN and METRICS_TOKEN_FILE are both set'],
    [{ OIDC_ISSUER: 'https://id.example.org' }, 'OIDC_AUDIENCE is needed'],
    [{ OIDC_AUDIENCE: 'x' }, 'OIDC_ISSUER is needed'],
    [{ OIDC_CLIENT_SECRET: 'x' }, 'OIDC_CLIENT_ID is needed'],
    [{ OIDC_ISSUER: 'http://id.example.org', OIDC_AUDIENCE: 'x' }, 'is not encrypted'],
    [{ PUBLIC_URL: 'http://jobs.example.org' }, 'is not encrypted'],
    [
      { OIDC_ROLE_MAP: 'a=ADMIN,b' },
      'has "b" where a role of the issuer, = and one of VIEWER, OPERATOR, ENQUEUER, ADMIN must be',
    ],
    [{ OIDC_ROLE_MAP: 'a=admin' }, 'has "a=admin" where'],
    [{ HOST: '127.evil.example' }, 'is not a loopback address'],
  ])('refuses %j', (env, problem) => {
    expect(problemsOf(env).join('\n')).toContain(problem);
  });

  it('listens elsewhere than on loopback once callers are asked who they are', () => {
    expect(readConfig({ HOST: '0.0.0.0', ADMIN_TOKEN: TOKEN }).config.HOST).toBe('0.0.0.0');
    expect(readConfig({ HOST: '::', ADMIN_TOKEN_FILE: '/t' }).config.HOST).toBe('::');
    const issuer = { OIDC_ISSUER: 'https://id.example.org', OIDC_AUDIENCE: 'x' };
    expect(readConfig({ HOST: '::', ...issuer }).config.HOST).toBe('::');
    expect(problemsOf({ ADMIN_TOKEN: 'a short secret' }).join()).not.toContain('a short secret');
  });

  it('reads which role of the issuer is which of ours', () => {
    const { config } = readConfig({ OIDC_ROLE_MAP: 'hub=admins = ADMIN , support=VIEWER' });
    expect([...config.OIDC_ROLE_MAP]).toEqual([
      ['hub=admins', 'admin'],
      ['support', 'viewer'],
    ]);
  });

  it('points out a likely misspelling of one of ours, and nothing else', () => {
    expect(
      readConfig({ LEASE_DURATON: '30s', MASTER_KEI: 'x', PATH: '/bin', HOSTNAME: 'h', SHELL: 'sh' }).warnings,
    ).toEqual([
      'LEASE_DURATON is not a setting. Did you mean LEASE_DURATION?',
      'MASTER_KEI is not a setting. Did you mean MASTER_KEY?',
    ]);
  });

  it('accepts a database with several hosts, and asks for the one that accepts writes', () => {
    const url = 'postgresql://jobs:s3cret@db1.example:5432,db2.example/hub';
    const { config } = readConfig({ ...EXTERNAL, DATABASE_URL: url, DATABASE_DIRECT_URL: url });
    expect(config.DATABASE_URL).toBe(`${url}?target_session_attrs=read-write`);
    expect(config.DATABASE_DIRECT_URL).toBe(`${url}?target_session_attrs=read-write`);
  });

  it.each([
    ['postgresql://jobs:s3cret@db1:5432,db2:http/hub', 'has a port that is not a number from 1 to 65535'],
    ['postgresql://jobs:s3cret@db1,/hub', 'names an empty host'],
    [
      'postgresql://jobs:s3cret@db1,db2/hub?target_session_attrs=standby',
      'has target_session_attrs with a value other',
    ],
  ])('refuses hosts that it cannot use by name: %s', (url, why) => {
    const problems = problemsOf({ ...EXTERNAL, DATABASE_URL: url, DATABASE_DIRECT_URL: url });
    expect(problems).toEqual([
      expect.stringMatching(`^DATABASE_URL ${why}.* Example: `),
      expect.stringMatching(`^DATABASE_DIRECT_URL ${why}.* Example: `),
    ]);
    expect(problems.join()).not.toContain('s3cret');
  });
});

describe('settings that are not at their default', () => {
  const changed = (env: Record<string, string>) => readConfig(env).config.changed.map(settingText).sort();

  it('holds what differs from its default, as one would write it, and nothing else', () => {
    expect(changed({})).toEqual([]);
    expect(changed({ UNDO_WINDOW: '15m' })).toEqual([]);
    expect(changed({ UNDO_WINDOW: '900s' }), 'the same, written differently').toEqual([]);
    expect(changed({ UNDO_WINDOW: '20m', PORT: '4001', NODE_NAME: 'one', HISTORY_RETENTION: 'never' })).toEqual([
      'HISTORY_RETENTION=never',
      'NODE_NAME=one',
      'PORT=4001',
      'UNDO_WINDOW=20m',
    ]);
  });

  it('names a setting as it is written, where it has two names', () => {
    const both = {
      OTEL_EXPORTER_OTLP_ENDPOINT: 'http://a:4318',
      OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'http://b/v1/traces',
    };
    expect(changed(both)).toEqual(['OTEL_EXPORTER_OTLP_TRACES_ENDPOINT=http://b/v1/traces']);
    expect(readConfig(both).config.OTEL_EXPORTER_OTLP_ENDPOINT).toBe('http://b/v1/traces');
    expect(changed({ ...both, OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: '' })).toEqual([
      'OTEL_EXPORTER_OTLP_ENDPOINT=http://a:4318',
    ]);
    expect(() => readConfig({ OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'collector:4318' })).toThrow(
      /OTEL_EXPORTER_OTLP_TRACES_ENDPOINT="collector:4318" is not a URL .* Example: OTEL_EXPORTER_OTLP_TRACES_ENDPOINT=/,
    );
  });

  it('says of a secret only that it is set', () => {
    const secrets = {
      MASTER_KEY: Buffer.alloc(32, 7).toString('base64'),
      DATABASE_URL: 'postgresql://jobs:hidden@db.example:5432/family_hub',
      ADMIN_TOKEN: 'x'.repeat(32),
      IDENTITY_PROVIDER: 'simulator',
    };
    expect(changed(secrets)).toEqual([
      'ADMIN_TOKEN (set)',
      'DATABASE_URL (set)',
      'IDENTITY_PROVIDER=simulator',
      'MASTER_KEY (set)',
    ]);
  });

  it('includes lists, as they are written, and compares what they mean', () => {
    expect(changed({ OIDC_ROLE_MAP: 'admins=ADMIN', ALERT_THRESHOLDS: 'entry_overdue=9m' })).toEqual([
      'ALERT_THRESHOLDS=entry_overdue=9m',
      'OIDC_ROLE_MAP=admins=ADMIN',
    ]);
    expect(changed({ ALERT_THRESHOLDS: 'entry_overdue=300s' })).toEqual([]);
  });
});

describe('readSettings', () => {
  it('asks for nothing that the command does not read', () => {
    const url = 'postgresql://a@b/c';
    expect(readSettings({ DATABASE_URL: url, PORT: 'http' }, ['DATABASE_URL', 'DATA_DIR'])).toEqual({
      DATABASE_URL: url,
      DATA_DIR: '.data',
    });
    expect(() => readSettings({ DATABASE_URL: url }, ['DATABASE_URL', 'MASTER_KEY', 'MASTER_KEY_FILE'])).toThrow(
      'MASTER_KEY (or MASTER_KEY_FILE) is needed with DATABASE_URL',
    );
  });
});

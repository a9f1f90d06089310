import { readFileSync } from 'node:fs';
import { parse } from 'dotenv';
import { describe, expect, it } from 'vitest';
import { SETTINGS } from './settings.ts';
import { unknownSettings } from './unknown.ts';

const KNOWN = Object.keys(SETTINGS);

describe('a name that is no setting', () => {
  it.each([
    ['LEASE_DURATON', 'LEASE_DURATION'],
    ['LOGLEVEL', 'LOG_LEVEL'],
    ['DATABASE_URI', 'DATABASE_URL'],
    ['database_url', 'DATABASE_URL'],
    ['SHUTDOWN_TIME', 'SHUTDOWN_TIMEOUT'],
    ['DATABASE_URL_FILE', 'DATABASE_URL'],
  ])('%s is told with the nearest, %s', (name, nearest) => {
    expect(unknownSettings(KNOWN, [name])).toEqual([`${name} is not a setting. Did you mean ${nearest}?`]);
  });

  it('of the environment is passed over when it is near to none of ours', () => {
    const others = [
      ...['PATH', 'HOME', 'HOSTNAME', 'SHELL', 'TERM', 'USER', 'LANG', 'PWD', 'SHLVL', 'EDITOR', 'LESS', 'POST'],
      ...['npm_config_cache', 'npm_lifecycle_event', 'NODE_VERSION', 'NODE_OPTIONS', 'YARN_VERSION', 'INIT_CWD'],
      ...['KUBERNETES_SERVICE_HOST', 'POSTGRES_PORT_5432_TCP', 'SEQ_SERVICE_PORT', 'PGPASSWORD', 'HTTPS_PROXY'],
      ...['XDG_RUNTIME_DIR', 'SSH_AUTH_SOCK', 'JAVA_HOME', 'GITHUB_TOKEN', 'AWS_REGION', 'RETRY_INTERVAL'],
    ];
    expect(unknownSettings(KNOWN, others)).toEqual([]);
  });

  it('is none of OpenTelemetry’s, unless it is nearly one of ours', () => {
    const names = ['OTEL_EXPORTER_OTLP_HEADERS', 'OTEL_SERVICE_NAME', 'OTEL_EXPORTER_OTLP_TRACES_ENDPOINT'];
    expect(unknownSettings(KNOWN, names, names)).toEqual([]);
    expect(unknownSettings(KNOWN, ['OTEL_EXPORTER_OTPL_ENDPOINT'])).toEqual([
      'OTEL_EXPORTER_OTPL_ENDPOINT is not a setting. Did you mean OTEL_EXPORTER_OTLP_ENDPOINT?',
    ]);
  });

  it('of a .env is told whatever it is', () => {
    expect(unknownSettings(KNOWN, ['RETRY_INTERVAL', 'PATH'], ['RETRY_INTERVAL'])).toEqual([
      expect.stringMatching(
        /^RETRY_INTERVAL in \.env is not a setting, and nothing reads it\. [A-Z_]+ is the nearest\.$/,
      ),
    ]);
  });

  it('is none of those that the example of a .env holds', () => {
    const example = readFileSync(new URL('../../.env.example', import.meta.url), 'utf8').replace(
      /^#(?=[A-Z_]+=)/gm,
      '',
    );
    const names = Object.keys(parse(example));
    expect(names).toEqual(expect.arrayContaining(['MASTER_KEY', 'ZITADEL_MASTERKEY', 'SEQ_ACCEPT_EULA']));
    expect(unknownSettings(KNOWN, names, names)).toEqual([]);
  });
});

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { documents } from '../../scripts/check-links.ts';
import {
  ALERTS,
  API,
  alertsDocument,
  METRICS,
  metricsDocument,
  PERMISSIONS,
  permissionsDocument,
  SETTINGS_PAGE,
  settingsDocument,
  TROUBLESHOOTING,
  withApiParts,
  withFailures,
  withSettings,
} from '../../scripts/write-readme.ts';
import { SETTINGS } from '../../src/config/settings.ts';
import { FAILURE_CODES } from '../../src/diagnosis/failures.ts';
import { ERROR_CODES } from '../../src/graphql/errors.ts';
import { SCHEMA_DESCRIPTION } from '../../src/schema.ts';

const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8');
const scripts = Object.keys(
  (JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as { scripts: object }).scripts,
);

/** A setting, an error code or an enum value: words in capitals. */
const NAME = /\b[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+\b/g;

describe('README.md', () => {
  it('holds a table of the ten settings that matter most (else: npm run readme)', () => {
    expect(withSettings(readme)).toBe(readme);
    expect(readme.match(/^\| `[A-Z_]+` \|/gm)).toHaveLength(10);
    expect(readme).toContain('](docs/settings.md)');
  });

  it('goes with docs/settings.md, which has every setting once (else: npm run readme)', () => {
    const page = readFileSync(SETTINGS_PAGE, 'utf8');
    expect(page).toBe(settingsDocument());
    const named = [...page.matchAll(/^\| `([A-Z_]+)` \|/gm)].map((match) => match[1]);
    expect(named.toSorted()).toEqual(Object.keys(SETTINGS).toSorted());
  });

  it('goes with docs/api.md, its conventions and error codes as the code has them (else: npm run readme)', () => {
    const api = readFileSync(API, 'utf8');
    expect(withApiParts(api)).toBe(api);
    expect(Object.keys(ERROR_CODES).filter((code) => !api.includes(`| \`${code}\` |`))).toEqual([]);
    expect(api).toContain(SCHEMA_DESCRIPTION);
  });

  it('goes with docs/troubleshooting.md, with every code that an entry can fail with (else: npm run readme)', () => {
    const troubleshooting = readFileSync(TROUBLESHOOTING, 'utf8');
    expect(withFailures(troubleshooting)).toBe(troubleshooting);
    expect(FAILURE_CODES.filter((code) => !troubleshooting.includes(`| \`${code}\` |`))).toEqual([]);
  });

  it('goes with docs/permissions.md as the code has it (else: npm run readme)', () => {
    expect(readFileSync(PERMISSIONS, 'utf8')).toBe(permissionsDocument());
  });

  it('goes with docs/metrics.md as the code has it (else: npm run readme)', () => {
    expect(readFileSync(METRICS, 'utf8')).toBe(metricsDocument());
  });

  it('goes with docs/alerts.md as the code has it (else: npm run readme)', () => {
    expect(readFileSync(ALERTS, 'utf8')).toBe(alertsDocument());
  });

  it('names only commands that exist', () => {
    const named = [...readme.matchAll(/npm run (?:-s )?([\w:]+)/g)].map((match) => match[1] ?? '');
    expect(named.length).toBeGreaterThan(5);
    expect(named.filter((name) => !scripts.includes(name))).toEqual([]);
  });

  it('has at most 250 lines', () => expect(readme.split('\n').length).toBeLessThanOrEqual(250));

  it('and every other document name only settings, codes and values that the source has', () => {
    const source = ['src', 'bench', 'examples'].flatMap((folder) =>
      readdirSync(new URL(`../../${folder}`, import.meta.url), { recursive: true, withFileTypes: true })
        .filter((entry) => /\.(ts|js|mjs)$/.test(entry.name) && !entry.parentPath.includes('node_modules'))
        .map((entry) => join(entry.parentPath, entry.name)),
    );
    // What reads the standard variables of OpenTelemetry.
    const tracing = [
      'resources/build/src/detectors/EnvDetector.js',
      'otlp-exporter-base/build/src/configuration/shared-env-configuration.js',
    ].map((path) => `node_modules/@opentelemetry/${path}`);
    const known = [...source, ...tracing, 'schema.graphql', 'docker-compose.yml', '.env.example'].map((path) =>
      readFileSync(path, 'utf8'),
    );
    const names = new Set(documents().flatMap((path) => readFileSync(path, 'utf8').match(NAME) ?? []));
    expect(names.size).toBeGreaterThan(80);
    const real = new Set(known.flatMap((text) => text.match(NAME) ?? []));
    expect([...names].filter((name) => !real.has(name))).toEqual([]);
  });

  it('maps folders that exist', () => {
    const folders = [...readme.matchAll(/\bsrc\/(\w+)\//g)].map((match) => match[1] ?? '');
    for (const folder of new Set(folders))
      expect(() => readFileSync(new URL(`../../src/${folder}`, import.meta.url)), folder).toThrow('EISDIR');
  });
});

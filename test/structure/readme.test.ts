import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
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
  withApiParts,
  withSettings,
} from '../../scripts/write-readme.ts';
import { SETTINGS } from '../../src/config/settings.ts';
import { ERROR_CODES } from '../../src/graphql/errors.ts';
import { SCHEMA_DESCRIPTION } from '../../src/schema.ts';

const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8');
const scripts = Object.keys(
  (JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as { scripts: object }).scripts,
);

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

  it('maps folders that exist', () => {
    const folders = [...readme.matchAll(/\bsrc\/(\w+)\//g)].map((match) => match[1] ?? '');
    for (const folder of new Set(folders))
      expect(() => readFileSync(new URL(`../../src/${folder}`, import.meta.url)), folder).toThrow('EISDIR');
  });
});

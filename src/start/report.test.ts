import { describe, expect, it } from 'vitest';
import { readConfig } from '../config/config.ts';
import { accessLine, dashboardLine, jobLine, settingsLine } from './report.ts';

const TOKEN = 'x'.repeat(32);
const OIDC = { OIDC_ISSUER: 'https://id.example.org', OIDC_AUDIENCE: 'x' };

describe('what the start says of access control', () => {
  it.each([
    [{}, ['Not secured', 'callers are not asked who they are; only this machine can connect (set ADMIN_TOKEN)']],
    [
      { ADMIN_TOKEN: TOKEN },
      ['Secured', 'callers must say who they are: API tokens, the admin token; browsers sign in at /sign-in'],
    ],
    [
      { ADMIN_TOKEN_FILE: '/t', ...OIDC },
      [
        'Secured',
        'callers must say who they are: API tokens, the admin token, tokens of https://id.example.org; browsers sign in at /sign-in',
      ],
    ],
  ])('%j', (env, line) => expect(accessLine(readConfig(env).config)).toEqual(line));

  it('never holds a secret', () => {
    expect(accessLine(readConfig({ ADMIN_TOKEN: TOKEN }).config).join()).not.toContain(TOKEN);
  });
});

describe('what the start says of the settings', () => {
  it('is nothing where all are at their defaults', () => expect(settingsLine(readConfig({}).config)).toEqual([]));

  it('is each that is not, without secrets', () => {
    const [line] = settingsLine(readConfig({ PORT: '4001', NODE_NAME: 'one', ADMIN_TOKEN: TOKEN }).config);
    expect(line?.[1].split(', ').sort()).toEqual(['ADMIN_TOKEN (set)', 'NODE_NAME=one', 'PORT=4001']);
  });
});

it.each([
  ['UTC', 'NightJob: at 04:30 every day, next 2026-01-02T03:30:00.000Z'],
  ['Europe/Berlin', 'NightJob: at 04:30 every day in Europe/Berlin, next 2026-01-02T03:30:00.000Z'],
])('what the start says of a job in %s', (timeZone, said) => {
  const at = new Date('2026-01-02T03:30:00Z');
  expect(jobLine({ jobName: 'NightJob', cron: '30 4 * * *', timeZone, at })).toBe(said);
});

describe('what the start says of the dashboard', () => {
  it.each([
    [true, 'http://127.0.0.1:4000/'],
    [false, 'not built: npm run build makes it'],
  ])('built: %s', (isBuilt, said) =>
    expect(dashboardLine(isBuilt, 'http://127.0.0.1:4000/')).toEqual(['Dashboard', said]),
  );
});

/** The report at start: text on a terminal, otherwise one log line. */
import type { AddressInfo } from 'node:net';
import type { App } from '../app.ts';
import { type Config, settingText } from '../config/config.ts';
import { isAccessControlled } from '../config/rules.ts';
import type { IdentityProvider } from '../identity/provider.ts';
import { cronDescription } from '../jobs/calendar/cron.rules.ts';
import type { NextFire } from '../jobs/schedules/schedules.ts';
import type { Logger } from '../telemetry/logger.ts';
import { VERSION } from '../version.ts';
import type { DatabaseServer } from './database.ts';

export interface StartReport {
  readonly config: Config;
  readonly logger: Logger;
  readonly address: AddressInfo;
  readonly server: DatabaseServer;
  readonly provider: IdentityProvider;
  readonly app: App;
  readonly hasDashboard: boolean;
  readonly road: 'listen' | 'poll';
  readonly tookMs: number;
  /** True on a terminal. */
  readonly isForPeople: boolean;
}

export function reportStart(report: StartReport): void {
  const { config, logger, address, server, provider, app, hasDashboard, road, tookMs, isForPeople } = report;
  // A browser cannot open the unspecified address.
  const reachable = ['0.0.0.0', '::'].includes(address.address) ? 'localhost' : address.address;
  const host = reachable.includes(':') ? `[${reachable}]` : reachable;
  const root = `http://${host}:${address.port}/`;
  const graphiql = `${root}graphql`;
  const jobs = app.scheduler.next().map(jobLine);
  const lines: [string, string][] = [
    dashboardLine(hasDashboard, root),
    ['GraphiQL', graphiql],
    // Shows the command, because the URL without its password would not work with psql.
    ['Database', server.isEmbedded ? `${server.shown}: psql "$(npm run -s db:url)"` : server.shown],
    [
      'Identity provider',
      provider.name === 'simulator'
        ? 'simulator (built in: accounts exist nowhere else)'
        : `${provider.name} at ${provider.url}`,
    ],
    ...jobs.map((job, index): [string, string] => [index === 0 ? 'Jobs' : '', job]),
    accessLine(config),
    ...restrictionLines(config),
    ...settingsLine(config),
    ...(road === 'poll'
      ? [['Notices', 'polled every 500 ms: behind a pooler, set DATABASE_DIRECT_URL for LISTEN'] as [string, string]]
      : []),
  ];
  const text = lines.map(([name, value]) => `  ${name.padEnd(18)} ${value}`).join('\n');
  const ready = `Family Hub Jobs ${VERSION} is ready after ${(tookMs / 1_000).toFixed(1)} s`;
  if (isForPeople) {
    logger.info(ready);
    logger.info(`\n${text}`);
    return;
  }
  const fields = {
    version: VERSION,
    dashboard: hasDashboard ? root : undefined,
    graphiql,
    port: address.port,
    database: server.shown,
    identityProvider: provider.name,
    jobs,
    notices: road,
    access: accessLine(config).join(': '),
    restricted: restrictionLines(config)[0]?.[1],
    settings: config.changed.map(settingText),
    tookMs: Math.round(tookMs),
  };
  logger.info(fields, ready);
}

/** When a job fires, by its current schedule. */
export const jobLine = ({ jobName, cron, timeZone, at }: NextFire): string =>
  `${jobName}: ${cronDescription(cron)}${timeZone === 'UTC' ? '' : ` in ${timeZone}`}, next ${at.toISOString()}`;

/** The URL of the dashboard, or how to build it. */
export const dashboardLine = (hasDashboard: boolean, root: string): [name: string, value: string] => [
  'Dashboard',
  hasDashboard ? root : 'not built: npm run build makes it',
];

/** Restrictions from settings, so that refusals are no surprise. */
function restrictionLines(config: Config): [name: string, value: string][] {
  const masked = (config.MASK_PERSONAL_DATA_FOR ?? []).join(' and ').toUpperCase();
  const restrictions = [
    ...(config.READ_ONLY === 'true' ? ['mutations are refused'] : []),
    ...(config.REASON_REQUIRED === 'true' ? ['reasons are insisted on'] : []),
    ...(masked === '' ? [] : [`${masked} see no personal data`]),
    ...(config.GRAPHIQL === 'false' ? ['no GraphiQL'] : []),
    ...(config.INTROSPECTION === 'false' ? ['no introspection'] : []),
  ];
  return restrictions.length === 0 ? [] : [['Restricted', restrictions.join('; ')]];
}

/** Settings with a value other than the default; for secrets only that they are set. */
export const settingsLine = ({ changed }: Config): [name: string, value: string][] =>
  changed.length === 0 ? [] : [['Settings', changed.map(settingText).join(', ')]];

/** Whether access control is on, and how callers authenticate. */
export function accessLine(config: Config): [name: string, value: string] {
  if (!isAccessControlled(config))
    return ['Not secured', 'callers are not asked who they are; only this machine can connect (set ADMIN_TOKEN)'];
  const { ADMIN_TOKEN, ADMIN_TOKEN_FILE, OIDC_ISSUER } = config;
  const ways = [
    'API tokens',
    ...((ADMIN_TOKEN ?? ADMIN_TOKEN_FILE) === undefined ? [] : ['the admin token']),
    ...(OIDC_ISSUER === undefined ? [] : [`tokens of ${OIDC_ISSUER}`]),
  ];
  return ['Secured', `callers must say who they are: ${ways.join(', ')}; browsers sign in at /sign-in`];
}

/**
 * Writes the generated documents: the README's table of settings, parts of docs/api.md and
 * docs/troubleshooting.md, and docs/settings.md, permissions.md, metrics.md and alerts.md.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import type { ZodType } from 'zod';
import { FIELDS, OPERATIONS, PATHS, type Permission } from '../src/access/permissions.rules.ts';
import { shownRules } from '../src/alerts/rule-views.ts';
import { DEFAULT_THRESHOLDS, thresholdName } from '../src/config/alerts.ts';
import { SETTING_GROUPS, SETTINGS } from '../src/config/settings.ts';
import type { Setting } from '../src/config/values.ts';
import { definitionOf, FAILURE_CODES, type FailureClass } from '../src/diagnosis/failures.ts';
import { ERROR_CODES } from '../src/graphql/errors.ts';
import { declareMetrics } from '../src/metrics.ts';
import { SCHEMA_DESCRIPTION } from '../src/schema.ts';
import type { Bound } from '../src/telemetry/metrics.ts';
import type { Role } from '../src/work/caller.ts';

const README = new URL('../README.md', import.meta.url);
export const API = new URL('../docs/api.md', import.meta.url);
export const SETTINGS_PAGE = new URL('../docs/settings.md', import.meta.url);
export const PERMISSIONS = new URL('../docs/permissions.md', import.meta.url);
export const METRICS = new URL('../docs/metrics.md', import.meta.url);
export const ALERTS = new URL('../docs/alerts.md', import.meta.url);
export const TROUBLESHOOTING = new URL('../docs/troubleshooting.md', import.meta.url);

/** The document with the content of its generated part of this name replaced. */
function withPart(document: string, name: string, content: string): string {
  return document.replace(
    new RegExp(`(<!-- ${name}: generated .* -->\\n)[\\s\\S]*(<!-- end of ${name} -->)`),
    (_all, begin: string, end: string) => `${begin}\n${content}\n\n${end}`,
  );
}

type Settings = Readonly<Record<string, Setting<ZodType>>>;

/** A table of settings; a list that is a default may wrap at its commas. */
function settingsTable(settings: Settings): string {
  const rows = Object.entries(settings).map(([name, { default: fallback, example, means }]) => {
    const shown = fallback === undefined ? '' : `\`${fallback.replaceAll(',', '`, `')}\``;
    return `| \`${name}\` | ${shown} | \`${example}\` | ${means} |`;
  });
  return ['| setting | default | example | meaning |', '|---|---|---|---|', ...rows].join('\n');
}

/** README.md with its table of the settings that matter most. */
export function withSettings(readme: string): string {
  const most = Object.fromEntries(Object.entries(SETTINGS as Settings).filter(([, { isInReadme }]) => isInReadme));
  return withPart(readme, 'settings', settingsTable(most));
}

/** docs/settings.md: every setting, by topic. */
export function settingsDocument(): string {
  const groups = Object.entries<Settings>(SETTING_GROUPS).map(([topic, settings]) => {
    return `## ${topic}\n\n${settingsTable(settings).replaceAll('](docs/', '](')}\n`;
  });
  return `# Settings

Generated from \`src/config/\` (\`npm run readme\`). The server reads settings from the environment, or from a file
\`.env\`. None is required. An empty value counts as unset. Write durations as \`500ms\`, \`2s\`, \`5m\`, \`4h\` or
\`30d\`. The server reports all wrong values at once and does not start; it warns of a name that looks like a
setting and is none.

${groups.join('\n')}`;
}

/** docs/api.md with its conventions, which are the schema's description, and its table of error codes. */
export function withApiParts(document: string): string {
  const codes = Object.entries(ERROR_CODES).map(([code, meaning]) => `| \`${code}\` | ${meaning} |`);
  const table = ['| code | means |', '|---|---|', ...codes].join('\n');
  return withPart(withPart(document, 'conventions', SCHEMA_DESCRIPTION), 'errors', table);
}

/** What the server does with an entry that fails with a code of this class. */
const CLASSES: Readonly<Record<FailureClass, string>> = {
  transient: 'retries automatically',
  permanent: 'fails the entry',
  configuration: 'opens the circuit',
  unknown: 'looks up the account first',
};

/** docs/troubleshooting.md with its table of the codes that an entry can fail with. */
export function withFailures(document: string): string {
  const rows = FAILURE_CODES.flatMap((code) => {
    const definition = definitionOf(code);
    if (definition === null) return [];
    const { class: failureClass, what, cure } = definition;
    return `| \`${code}\` | ${CLASSES[failureClass]} | ${what} | ${cure ?? 'Nothing: it passes without help.'} |`;
  });
  const table = ['| code | the server | what happened | what to do |', '|---|---|---|---|', ...rows];
  return withPart(document, 'failures', table.join('\n'));
}

const ROLES: readonly Role[] = ['viewer', 'operator', 'enqueuer', 'admin'];

/** docs/permissions.md: who may use which operation. */
export function permissionsDocument(): string {
  const row = ([name, { roles, isForFamilies }]: [string, Permission]) =>
    `| \`${name}\` | ${ROLES.map((role) => (roles.includes(role) ? 'yes' : '')).join(' | ')} | ${isForFamilies ? 'yes' : ''} |`;
  const table = (permissions: Readonly<Record<string, Permission>>) =>
    [
      `| operation | ${ROLES.map((role) => role.toUpperCase()).join(' | ')} | bound to a family |`,
      '|---|---|---|---|---|---|',
      ...Object.entries(permissions).map(row),
    ].join('\n');
  return `# Permissions

Generated from \`src/access/permissions.rules.ts\` (\`npm run readme\`). "Bound to a family": a token with a
\`familyId\` may use the operation too, and sees and changes only that family. An ENQUEUER sees only the entries that
it enqueued itself.

${table(OPERATIONS)}

Fields that need more than the operation that returns them:

${table(FIELDS)}

Paths besides GraphQL:

${table(PATHS)}
`;
}

/** docs/metrics.md: every metric with its labels and meaning. */
export function metricsDocument(): string {
  const values = (bound: Bound): string => ('of' in bound ? bound.of : bound.map((value) => `\`${value}\``).join(', '));
  const rows = declareMetrics().declared.map(({ name, kind, help, labels }) => {
    const named = Object.entries(labels).map(([label, bound]) => `\`${label}\`: ${values(bound)}`);
    return `| \`${name}\` | ${kind} | ${help.replaceAll('|', '\\|')} | ${named.join('; ')} |`;
  });
  return `# Metrics

Generated from \`src/metrics.ts\` (\`npm run readme\`). \`GET /metrics\` on each node returns them, and metrics of the
process (\`process_*\`, \`nodejs_*\`: CPU, memory, event loop). [monitoring/](../monitoring) has a Prometheus
configuration with rules, and a Grafana dashboard.

"From the database": one node reads these for all, at most every 10 s, and every node shows them; take the maximum over
the nodes, not the sum. All other metrics are of the node that answers. A label has only the listed values, or
\`other\`, whatever clients send.

Transactions of other database users delay live updates too, but PostgreSQL shows them only to members of
\`pg_read_all_stats\`.

| metric | type | meaning | labels |
|---|---|---|---|
${rows.join('\n')}
`;
}

/** docs/alerts.md: every alert rule with its meaning and its threshold, from the list of conditions. */
export function alertsDocument(): string {
  const rows = shownRules(DEFAULT_THRESHOLDS).map(({ name, title, severity, description, threshold }) => {
    const set = thresholdName(name);
    return `| ${title}: \`${name}\` | ${severity} | ${description} | ${threshold ?? ''} | ${set === null ? '' : `\`${set}\``} |`;
  });
  return `# Alerts

Generated from \`src/diagnosis/\` (\`npm run readme\`). The server watches itself and raises alerts without any
configuration:

- **Raised once, resolved once.** Every 10 seconds one of the nodes evaluates the rules and stores the alerts
  (\`auth.alerts\`), so that there is one alert across all nodes and restarts. An alert is resolved when its
  condition was not found for a minute: one that flaps stays one alert.
- **Grouped.** 4,000 entries that fail for one cause are one alert. A higher count is not announced again.
- **Announced** by the events \`AlertRaised\` and \`AlertResolved\` (written in the same transaction, so that
  webhooks get each at least once), by \`alertChanged\`, by the metric \`family_hub_alerts\` (which also shows a critical
  \`RULE_UNREADABLE\` when no node has evaluated the rules for 5 minutes), and by one line in the log
  (error for critical, warn for warning; info when it is resolved).
- **Explained.** \`alerts { nodes { title summary startedAt explanation { blockers { code message cure { mutation input } } } subject { kind key } } }\`
  says what is wrong, since when, what to do, which mutation does it, and what to link to.
- **Silenced** with an end and a reason: \`silenceAlert\` for one alert, a rule, or one group of it. A silenced
  alert stays visible. If it is still on when the silence ends, it is announced then, unless it was announced
  before. The end of an announced alert is always announced.

\`conditions\` lists what needs attention now: these alerts, and without waiting for a threshold open circuits,
pauses, and missing nodes.

Alerts cannot report a database that is unreachable: metrics and the log do. A rule that cannot be evaluated
has an alert of its own (\`RULE_UNREADABLE\`), and its alerts stay as they are. PostgreSQL shows when other
users' transactions began only to members of \`pg_read_all_stats\`.

| rule | severity | means | threshold by default | name in \`ALERT_THRESHOLDS\` |
|---|---|---|---|---|
${rows.join('\n')}
`;
}

if (process.argv[1]?.endsWith('write-readme.ts')) {
  writeFileSync(API, withApiParts(readFileSync(API, 'utf8')));
  writeFileSync(ALERTS, alertsDocument());
  writeFileSync(METRICS, metricsDocument());
  writeFileSync(SETTINGS_PAGE, settingsDocument());
  writeFileSync(PERMISSIONS, permissionsDocument());
  writeFileSync(TROUBLESHOOTING, withFailures(readFileSync(TROUBLESHOOTING, 'utf8')));
  writeFileSync(README, withSettings(readFileSync(README, 'utf8')));
}

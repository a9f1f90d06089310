/**
 * monitoring/ matches the code: every metric and label in its rules and in Grafana's dashboard exists in a scrape,
 * and Grafana can draw the panels. What needs promtool and a running Prometheus is in test/long/monitoring.test.ts.
 */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { declareMetrics } from '../../src/metrics.ts';
import { baseOf, groupedBy, selectorsOf } from '../support/promql.ts';

interface Rule {
  readonly record?: string;
  readonly alert?: string;
  readonly expr: string;
  readonly labels?: { readonly severity?: string };
  readonly annotations?: { readonly summary?: string; readonly description?: string };
}
interface DrawnPanel {
  readonly id: number;
  readonly type: string;
  readonly title: string;
  readonly datasource?: { readonly uid: string };
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
  readonly targets?: readonly { readonly refId: string; readonly expr: string; readonly legendFormat: string }[];
  readonly fieldConfig?: { readonly defaults: { readonly unit: string } };
}
interface Dashboard {
  readonly uid: string;
  readonly panels: readonly DrawnPanel[];
  readonly templating: { readonly list: readonly { readonly name: string; readonly type: string }[] };
}

const read = (path: string): string => readFileSync(new URL(`../../monitoring/${path}`, import.meta.url), 'utf8');
const rules = (parse(read('prometheus/rules.yml')) as { groups: { rules: Rule[] }[] }).groups.flatMap(
  (group) => group.rules,
);
const alerts = rules.filter((rule) => rule.alert !== undefined);
const drawn = JSON.parse(read('grafana/dashboards/family-hub-jobs.json')) as Dashboard;
const panels = drawn.panels.filter((panel) => panel.type !== 'row');
const targets = panels.flatMap((panel) => panel.targets ?? []);

const metrics = declareMetrics();
const scraped = new Set([...(await metrics.scrape()).text.matchAll(/^# TYPE (\S+)/gm)].map((match) => match[1] ?? ''));
const recorded = new Set(rules.flatMap((rule) => rule.record ?? []));
// `up` is added by Prometheus.
const known = (name: string): boolean => scraped.has(name) || recorded.has(name) || name === 'up';
/** The labels that Prometheus adds to every series, and the label of a histogram's buckets. */
const ADDED = ['job', 'instance', 'le'];
const labelsOf = new Map(metrics.declared.map(({ name, labels }) => [name, [...Object.keys(labels), ...ADDED]]));

const problems = (expression: string): string[] =>
  selectorsOf(expression).flatMap(({ metric, labels }) => {
    const base = baseOf(metric, known);
    if (!known(base)) return [`${metric} is not scraped`];
    const has = labelsOf.get(base) ?? ADDED;
    return labels.filter((label) => !has.includes(label)).map((label) => `${metric} has no label ${label}`);
  });

describe('the reader of PromQL', () => {
  it.each([
    [
      'sum by (le, job) (rate(a_bucket{x="{y}", z=~"b|c"}[5m])) / on (job) b',
      [
        { metric: 'a_bucket', labels: ['x', 'z'] },
        { metric: 'b', labels: [] },
      ],
    ],
    ['histogram_quantile(0.95, a:b) > 1e3 or vector(0)', [{ metric: 'a:b', labels: [] }]],
  ])('finds what %s asks for', (expression, found) => {
    expect(selectorsOf(expression).filter(({ metric }) => !/^e\d/.test(metric))).toEqual(found);
  });

  it('knows what is missing', () => {
    expect(problems('rate(family_hub_gone_total[5m])')).toEqual(['family_hub_gone_total is not scraped']);
    expect(problems('family_hub_entries{state="x"}')).toEqual(['family_hub_entries has no label state']);
  });
});

describe('the rules', () => {
  it.each(rules.map((rule) => [rule.record ?? rule.alert ?? '', rule] as const))(
    '%s asks for what there is',
    (_name, { expr }) => {
      expect(problems(expr)).toEqual([]);
    },
  );

  it('give each alert one name, a severity, and words that say what to do', () => {
    expect(alerts.length).toBeGreaterThan(10);
    expect(new Set(alerts.map(({ alert }) => alert)).size).toBe(alerts.length);
    for (const { alert, labels, annotations } of alerts) {
      expect(labels?.severity, alert).toMatch(/^(critical|warning|\{\{ \$labels\.severity \}\})$/);
      expect(annotations?.summary?.length, alert).toBeGreaterThan(15);
      expect(annotations?.description?.length, alert).toBeGreaterThan(15);
    }
  });

  it('pass on every alert of the server, with its severity', () => {
    const { expr, labels } = alerts.find(({ alert }) => alert === 'FamilyHubAlertOn') ?? {};
    expect(selectorsOf(expr ?? '')).toEqual([{ metric: 'family_hub_alerts', labels: [] }]);
    expect(labels?.severity).toBe('{{ $labels.severity }}');
  });

  it('are each tested', () => {
    const tests = read('prometheus/rules.test.yml');
    expect(alerts.filter(({ alert }) => !tests.includes(alert ?? '')).map(({ alert }) => alert)).toEqual([]);
  });
});

describe('Grafana’s dashboard', () => {
  it.each(targets.map(({ expr }) => [expr]))('draws what there is: %s', (expr) => {
    expect(problems(expr.replaceAll('$__rate_interval', '5m'))).toEqual([]);
    expect(expr).toContain('job="$job"');
  });

  it('draws every metric that the server declares', () => {
    const asked = new Set(targets.flatMap(({ expr }) => selectorsOf(expr).map(({ metric }) => baseOf(metric, known))));
    expect(metrics.declared.map(({ name }) => name).filter((name) => !asked.has(name))).toEqual([]);
  });

  it('has the shape that Grafana reads', () => {
    expect(drawn.uid).toBe('family-hub-jobs');
    expect(drawn.templating.list.map(({ name, type }) => [name, type])).toEqual([
      ['datasource', 'datasource'],
      ['job', 'query'],
    ]);
    expect(new Set(drawn.panels.map(({ id }) => id)).size).toBe(drawn.panels.length);
    for (const panel of panels) {
      expect(panel.datasource?.uid, panel.title).toBe('$datasource');
      expect(['short', 's', 'ops', 'reqps', 'bytes', 'percentunit'], panel.title).toContain(
        panel.fieldConfig?.defaults.unit,
      );
      expect(panel.targets?.length, panel.title).toBeGreaterThan(0);
      expect(new Set(panel.targets?.map(({ refId }) => refId)).size, panel.title).toBe(panel.targets?.length);
      for (const { expr, legendFormat } of panel.targets ?? [])
        for (const [, label = ''] of legendFormat.matchAll(/\{\{(\w+)\}\}/g))
          expect(groupedBy(expr), expr).toContain(label);
    }
  });

  it('lays no panel over another', () => {
    const taken = new Set<string>();
    for (const { gridPos, title } of drawn.panels) {
      expect(gridPos.x + gridPos.w, title).toBeLessThanOrEqual(24);
      for (let x = gridPos.x; x < gridPos.x + gridPos.w; x++)
        for (let y = gridPos.y; y < gridPos.y + gridPos.h; y++) {
          expect(taken.has(`${x} ${y}`), title).toBe(false);
          taken.add(`${x} ${y}`);
        }
    }
  });

  it('is found where its provisioning looks, with the data source that it draws from', () => {
    const { providers } = parse(read('grafana/provisioning/dashboards/family-hub-jobs.yml')) as {
      providers: { options: { path: string } }[];
    };
    const compose = readFileSync(new URL('../../docker-compose.yml', import.meta.url), 'utf8');
    expect(compose).toContain(`./monitoring/grafana/dashboards:${providers[0]?.options.path}:ro`);
    const { datasources } = parse(read('grafana/provisioning/datasources/prometheus.yml')) as {
      datasources: { type: string; url: string }[];
    };
    expect(datasources[0]).toMatchObject({ type: 'prometheus', url: 'http://prometheus:9090' });
  });
});

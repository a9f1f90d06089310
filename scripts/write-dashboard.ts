/** Writes Grafana's dashboard (`npm run dashboard`) from scripts/dashboard-panels.ts. */
import { writeFileSync } from 'node:fs';
import { NOW, type Panel, ROWS } from './dashboard-panels.ts';

export const DASHBOARD = new URL('../monitoring/grafana/dashboards/family-hub-jobs.json', import.meta.url);

const DATASOURCE = { type: 'prometheus', uid: '$datasource' };
const [STAT_HEIGHT, HEIGHT, COLUMNS] = [4, 7, 3];

/** The dashboard's JSON. */
export function dashboard(): string {
  const panels: object[] = [];
  let y = 0;
  const add = (body: object): void => void panels.push({ id: panels.length + 1, ...body });
  NOW.forEach((one, place) => {
    add(drawn(one, { h: STAT_HEIGHT, w: 24 / NOW.length, x: (place * 24) / NOW.length, y }));
  });
  y += STAT_HEIGHT;
  for (const [title, row] of ROWS) {
    add({ type: 'row', title, collapsed: false, panels: [], gridPos: { h: 1, w: 24, x: 0, y } });
    y += 1;
    row.forEach((one, place) => {
      const [w, line] = [24 / COLUMNS, Math.floor(place / COLUMNS)];
      add(drawn(one, { h: HEIGHT, w, x: (place % COLUMNS) * w, y: y + line * HEIGHT }));
    });
    y += Math.ceil(row.length / COLUMNS) * HEIGHT;
  }
  return `${JSON.stringify({ ...HEAD, panels }, null, 2)}\n`;
}

const HEAD = {
  uid: 'family-hub-jobs',
  title: 'Family Hub Jobs',
  description: 'Written by scripts/write-dashboard.ts (npm run dashboard); changes made in Grafana are not kept.',
  tags: ['family-hub'],
  schemaVersion: 39,
  version: 1,
  editable: false,
  timezone: 'browser',
  refresh: '30s',
  time: { from: 'now-6h', to: 'now' },
  templating: {
    list: [
      { name: 'datasource', label: 'Prometheus', type: 'datasource', query: 'prometheus', hide: 0 },
      {
        name: 'job',
        label: 'Job',
        type: 'query',
        datasource: DATASOURCE,
        query: { query: 'label_values(family_hub_build_info, job)', refId: 'job' },
        definition: 'label_values(family_hub_build_info, job)',
        refresh: 2,
        sort: 1,
        hide: 0,
      },
    ],
  },
  annotations: { list: [] },
};

function drawn({ title, description, unit, targets, stat }: Panel, gridPos: object): object {
  const green = { color: 'green', value: null };
  const steps = stat?.redFrom === undefined ? [green] : [green, { color: 'red', value: stat.redFrom }];
  return {
    type: stat === undefined ? 'timeseries' : 'stat',
    title,
    description,
    datasource: DATASOURCE,
    gridPos,
    fieldConfig: { defaults: { unit, min: 0, thresholds: { mode: 'absolute', steps } }, overrides: [] },
    targets: targets.map(({ expr, legend }, place) => ({
      refId: String.fromCharCode(65 + place),
      datasource: DATASOURCE,
      expr,
      legendFormat: legend,
    })),
    options:
      stat === undefined
        ? { legend: { displayMode: 'list', placement: 'bottom' }, tooltip: { mode: 'multi', sort: 'desc' } }
        : {
            colorMode: 'value',
            graphMode: 'area',
            reduceOptions: { calcs: ['lastNotNull'], fields: '', values: false },
          },
  };
}

if (process.argv[1]?.endsWith('write-dashboard.ts')) writeFileSync(DASHBOARD, dashboard());

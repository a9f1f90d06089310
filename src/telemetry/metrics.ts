/**
 * The factory with which src/metrics.ts declares all metrics; only this folder uses prom-client. A label is
 * declared with its possible values, and any other value becomes "other": no request can create an
 * unlimited number of series.
 */
import {
  collectDefaultMetrics,
  Registry,
  Counter as TheirCounter,
  Gauge as TheirGauge,
  Histogram as TheirHistogram,
} from 'prom-client';

/** The values of a label: a list, or a maximum number of values known only at runtime, with a description. */
export type Bound = readonly string[] | { readonly atMost: number; readonly of: string };
type Bounds = Readonly<Record<string, Bound>>;
type LabelsOf<B extends Bounds> = {
  readonly [K in keyof B & string]: B[K] extends readonly (infer V extends string)[] ? V : string;
};
/** No argument if no labels are declared. */
type Labelled<B extends Bounds> = keyof B extends never ? [] : [labels: LabelsOf<B>];

interface Counter<B extends Bounds> {
  inc(by: number, ...labels: Labelled<B>): void;
}
interface Gauge<B extends Bounds> {
  set(value: number, ...labels: Labelled<B>): void;
  /** Removes every series, before the current ones are set again. */
  clear(): void;
}
interface Histogram<B extends Bounds> {
  observe(value: number, ...labels: Labelled<B>): void;
}

/** A declaration, for the page that lists the metrics. */
interface Declared {
  readonly name: string;
  readonly kind: 'counter' | 'gauge' | 'histogram';
  readonly help: string;
  readonly labels: Bounds;
}

// biome-ignore lint/complexity/noBannedTypes: no labels, and so no keys.
type None = {};

export interface Metrics {
  counter<const B extends Bounds = None>(name: string, help: string, labels?: B): Counter<B>;
  gauge<const B extends Bounds = None>(name: string, help: string, labels?: B): Gauge<B>;
  histogram<const B extends Bounds = None>(
    name: string,
    help: string,
    buckets: readonly number[],
    labels?: B,
  ): Histogram<B>;
  /** Calls `collect` before each scrape, for metrics that are read instead of counted. */
  onScrape(collect: () => void | Promise<void>): void;
  readonly declared: readonly Declared[];
  /** The exposition text and its content type. */
  scrape(): Promise<{ contentType: string; text: string }>;
}

// Series start at 0, so that the first event shows as an increase, if all label values are listed and there are
// at most this many combinations. A histogram has a dozen lines per series.
const MOST_BEGUN = { counter: 40, histogram: 10 };
const OTHER = 'other';
// Default metrics of prom-client that break Prometheus’ conventions: gauges called totals.
const MISNAMED = ['nodejs_active_handles_total', 'nodejs_active_requests_total', 'nodejs_active_resources_total'];

/** Creates a new registry that also has the process metrics (CPU, memory, event loop). */
export function createMetrics(): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  for (const name of MISNAMED) registry.removeSingleMetric(name);
  const declared: Declared[] = [];
  const collectors: (() => void | Promise<void>)[] = [];

  const declare = <B extends Bounds>(kind: Declared['kind'], name: string, help: string, labels: B) => {
    declared.push({ name, kind, help, labels });
    return { name, help, labelNames: Object.keys(labels), registers: [registry] };
  };
  return {
    counter(name, help, labels) {
      const bounds = labels ?? {};
      const series = seriesOf(new TheirCounter(declare('counter', name, help, bounds)), bounds);
      for (const values of begun(bounds, MOST_BEGUN.counter)) series(values).inc(0);
      return { inc: (by, ...[given]) => series(given).inc(by) };
    },
    gauge(name, help, labels) {
      const bounds = labels ?? {};
      const gauge = new TheirGauge(declare('gauge', name, help, bounds));
      const series = seriesOf(gauge, bounds);
      return { set: (value, ...[given]) => series(given).set(value), clear: () => gauge.reset() };
    },
    histogram(name, help, buckets, labels) {
      const bounds = labels ?? {};
      const configuration = { ...declare('histogram', name, help, bounds), buckets: [...buckets] };
      const histogram = new TheirHistogram(configuration);
      const series = seriesOf(histogram, bounds);
      for (const values of begun(bounds, MOST_BEGUN.histogram)) histogram.zero(values);
      return { observe: (value, ...[given]) => series(given).observe(value) };
    },
    onScrape: (collect) => void collectors.push(collect),
    declared,
    async scrape() {
      for (const collect of collectors) await collect();
      return { contentType: registry.contentType, text: await registry.metrics() };
    },
  };
}

/**
 * Finds the series for a set of labels. Series are cached by the label values: metrics that are counted for
 * every entry must be cheap.
 */
function seriesOf<Series>(
  metric: { labels(labels: Record<string, string>): Series },
  bounds: Bounds,
): (given?: Readonly<Record<string, string>>) => Series {
  const kept = new Map<string, Series>();
  const names = Object.keys(bounds);
  const admit = new Map(Object.entries(bounds).map(([name, bound]) => [name, admission(bound)]));
  return (given = {}) => {
    let key = '';
    for (const name of names) key += `${given[name]}\n`;
    const known = kept.get(key);
    if (known !== undefined) return known;
    const labels = Object.fromEntries(names.map((name) => [name, admit.get(name)?.(given[name] ?? OTHER) ?? OTHER]));
    const series = metric.labels(labels);
    // Cache only series whose values were all accepted: their number is bounded, and "other" is not among them.
    if (names.every((name) => labels[name] === given[name])) kept.set(key, series);
    return series;
  };
}

function admission(bound: Bound): (value: string) => string {
  const known = new Set<string>('of' in bound ? [] : bound);
  const most = 'of' in bound ? bound.atMost : known.size;
  return (value) => {
    if (known.has(value)) return value;
    if (known.size >= most) return OTHER;
    known.add(value);
    return value;
  };
}

/** Every combination of label values, if all are listed and there are at most `most`. */
function begun(bounds: Bounds, most: number): Record<string, string>[] {
  let sets: Record<string, string>[] = [{}];
  for (const [name, bound] of Object.entries(bounds)) {
    if ('of' in bound) return [];
    sets = sets.flatMap((set) => bound.map((value) => ({ ...set, [name]: value })));
  }
  return sets.length > most ? [] : sets;
}

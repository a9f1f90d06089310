/**
 * Traces, by OpenTelemetry: off unless a collector is configured. This file loads no package of OpenTelemetry,
 * so that a span costs one comparison while tracing is off. Like OpenTelemetry’s own API, the switch is one for
 * the process: a handle would have to be passed to every function that makes a span.
 */
import type { Span } from '@opentelemetry/api';

/** A span: give it ids, names and codes, never personal data, a secret, or the text of a document or an error. */
export type { Span };

export interface SpanOptions {
  /** Which side of a call it is; without one, it is work within the process. */
  readonly kind?: 'server' | 'client' | 'consumer';
  /** The headers of a request, whose `traceparent` becomes the parent. */
  readonly headers?: Readonly<Record<string, string | readonly string[] | undefined>>;
  /** The parent is the trace of what has this id (beginTraceOf). */
  readonly traceOf?: string;
  /** Begins a trace, even if a span is active. */
  readonly isRoot?: boolean;
  /** When it began, by performance.now(), if that was before the call. */
  readonly begun?: number;
}

/** What tracing-sdk.ts implements. */
export interface Tracing {
  inSpan<T>(name: string, options: SpanOptions, work: (span: Span) => T): T;
  outside<T>(work: () => T): T;
  headers(): Record<string, string>;
  beginTraceOf(id: string, name: string): void;
  link(span: Span, ids: readonly string[]): void;
  ids(): { trace_id?: string; span_id?: string };
  stop(): Promise<void>;
}

let tracing: Tracing | undefined;

/** Switches tracing on; call it before the server is created. */
export function useTracing(opened: Tracing): void {
  tracing = opened;
}

export const isTracing = (): boolean => tracing !== undefined;

/**
 * Runs work in a span, which is active meanwhile and ends with it. Its parent is the active span, unless the
 * options name another one. `work` gets the span to add to it; undefined while tracing is off. A thrown error
 * marks the span as failed, by the error’s name or code only.
 */
export const inSpan = <T>(name: string, options: SpanOptions, work: (span?: Span) => T): T =>
  tracing === undefined ? work() : tracing.inSpan(name, options, work);

/** Runs background work, so that it does not count as part of the request that happened to start it. */
export const outsideTraces = <T>(work: () => T): T => (tracing === undefined ? work() : tracing.outside(work));

/** The headers that continue the active span’s trace at another server; none while tracing is off. */
export const traceHeaders = (): Readonly<Record<string, string>> => tracing?.headers() ?? NONE;

/**
 * Begins the trace of something that outlives the request, on any node: its trace id is the UUID, so that no
 * column is needed to find it again. The first span is a root with this name, linked to the active span.
 */
export const beginTraceOf = (id: string, name: string): void => tracing?.beginTraceOf(id, name);

/** Links a span to the traces of ids. */
export const linkToTraces = (span: Span | undefined, ids: () => readonly string[]): void => {
  if (span !== undefined) tracing?.link(span, ids());
};

/** Marks a span as failed, with a code. */
export const markFailed = (span: Span | undefined, code: string): void => {
  span?.setStatus({ code: STATUS_ERROR }).setAttribute('error.type', code);
};

/** The ids of the active span for a log line. */
export const traceIds = (): { trace_id?: string; span_id?: string } => tracing?.ids() ?? NONE;

const NONE: Record<string, never> = {};
/** SpanStatusCode.ERROR: the enum would load the package. */
const STATUS_ERROR = 2;

/**
 * Tracing by OpenTelemetry’s SDK, exported as OTLP over HTTP. Loaded only when a collector is configured. The
 * exporter and the resource read their standard OTEL_ variables themselves. Spans wait in a bounded queue: a
 * collector that is down or slow loses spans, and delays nothing.
 */
import {
  type Context,
  context,
  defaultTextMapGetter,
  defaultTextMapSetter,
  type Link,
  ROOT_CONTEXT,
  type Span,
  SpanKind,
  trace,
} from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { W3CTraceContextPropagator } from '@opentelemetry/core';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import { defaultResource, detectResources, envDetector, resourceFromAttributes } from '@opentelemetry/resources';
import {
  AlwaysOffSampler,
  AlwaysOnSampler,
  BatchSpanProcessor,
  ParentBasedSampler,
  RandomIdGenerator,
  type Sampler,
  type SpanExporter,
  TraceIdRatioBasedSampler,
  TracerProvider,
} from '@opentelemetry/sdk-trace';
import type { Logger } from './logger.ts';
import { markFailed, type SpanOptions, type Tracing } from './tracing.ts';

const KINDS = { server: SpanKind.SERVER, client: SpanKind.CLIENT, consumer: SpanKind.CONSUMER } as const;

export interface TracingOptions {
  /** The environment, for the standard variables that the SDK does not read. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** For messages. */
  readonly endpoint: string;
  readonly nodeName: string;
  readonly version: string;
  readonly logger: Logger;
}

/** Starts the SDK. Throws nothing: wrong values of the standard variables are logged, and defaults apply. */
export function openTracing(options: TracingOptions): Tracing {
  const { endpoint, nodeName, version, logger } = options;
  const random = new RandomIdGenerator();
  /** The id of the trace that is begun at this moment, in hexadecimal. */
  let given: string | undefined;
  const provider = new TracerProvider({
    sampler: samplerOf(options),
    idGenerator: {
      generateTraceId: () => given ?? random.generateTraceId(),
      generateSpanId: () => given?.slice(16) ?? random.generateSpanId(),
    },
    resource: defaultResource()
      .merge(
        resourceFromAttributes({
          'service.name': 'family-hub-jobs',
          'service.version': version,
          'service.instance.id': nodeName,
        }),
      )
      .merge(detectResources({ detectors: [envDetector] })),
    spanProcessors: [
      new BatchSpanProcessor({
        exporter: reporting(new OTLPTraceExporter(), endpoint, logger),
        scheduledDelayMillis: Number(options.env.OTEL_BSP_SCHEDULE_DELAY) || undefined,
      }),
    ],
  });
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  const propagator = new W3CTraceContextPropagator();
  const tracer = provider.getTracer('family-hub-jobs', version);

  /** The first span of the trace of an id: the same on every node, and sampled alike, since both follow from the id. */
  const rootOf = (id: string, name: string, links: Link[] = []): Span => {
    given = id.replaceAll('-', '');
    try {
      return tracer.startSpan(name, { root: true, kind: SpanKind.PRODUCER, links });
    } finally {
      given = undefined;
    }
  };
  const parentOf = ({ headers, traceOf, isRoot }: SpanOptions): Context => {
    if (headers !== undefined) return propagator.extract(ROOT_CONTEXT, headers, defaultTextMapGetter);
    if (traceOf !== undefined) return trace.setSpan(ROOT_CONTEXT, rootOf(traceOf, ''));
    return isRoot ? ROOT_CONTEXT : context.active();
  };

  return {
    inSpan(name, how, work) {
      const parent = parentOf(how);
      const kind = how.kind && KINDS[how.kind];
      const span = tracer.startSpan(name, { kind, startTime: how.begun }, parent);
      const fail = (error: unknown): never => {
        markFailed(span, nameOf(error));
        throw error;
      };
      return context.with(trace.setSpan(parent, span), () => {
        let isLater = false;
        try {
          const result = work(span);
          if (!(result instanceof Promise)) return result;
          isLater = true;
          return result.catch(fail).finally(() => span.end()) as typeof result;
        } catch (error) {
          return fail(error);
        } finally {
          if (!isLater) span.end();
        }
      });
    },
    outside: (work) => context.with(ROOT_CONTEXT, work),
    headers() {
      const carrier: Record<string, string> = {};
      propagator.inject(context.active(), carrier, defaultTextMapSetter);
      return carrier;
    },
    beginTraceOf(id, name) {
      const active = trace.getActiveSpan();
      rootOf(id, name, active && [{ context: active.spanContext() }]).end();
    },
    link(span, ids) {
      span.addLinks(ids.map((id) => ({ context: rootOf(id, '').spanContext() })));
    },
    ids() {
      const span = trace.getActiveSpan()?.spanContext();
      return span === undefined ? {} : { trace_id: span.traceId, span_id: span.spanId };
    },
    stop: () => provider.shutdown(),
  };
}

/** An exporter that logs once when the collector stops accepting spans, and once when it accepts them again. */
function reporting(exporter: SpanExporter, endpoint: string, logger: Logger): SpanExporter {
  let lost = 0;
  return {
    export(spans, done) {
      const ended: typeof done = (result) => {
        if (result.error !== undefined) {
          logger[lost === 0 ? 'warn' : 'debug'](
            { endpoint, problem: result.error.message || nameOf(result.error) },
            'Traces cannot be exported: spans are dropped until the collector accepts OTLP over HTTP (protobuf, usually at port 4318)',
          );
          lost += spans.length;
        } else if (lost > 0) {
          logger.info({ endpoint, lost }, `Traces are exported again; at least ${lost} spans were lost`);
          lost = 0;
        }
        done(result);
      };
      // The timer of the export was set in a span, which the log lines must not name.
      context.with(ROOT_CONTEXT, () => exporter.export(spans, ended));
    },
    forceFlush: async () => exporter.forceFlush?.(),
    shutdown: () => exporter.shutdown(),
  };
}

/** The sampler of OTEL_TRACES_SAMPLER, which this SDK leaves to its user. */
function samplerOf({ env, logger }: TracingOptions): Sampler {
  const name = env.OTEL_TRACES_SAMPLER || 'parentbased_always_on';
  const ratio = Number(env.OTEL_TRACES_SAMPLER_ARG || 1);
  const isKnown = /^(parentbased_)?(always_on|always_off|traceidratio)$/.test(name) && ratio >= 0 && ratio <= 1;
  if (!isKnown)
    logger.warn(
      'OTEL_TRACES_SAMPLER or its _ARG has an unknown value: every trace is recorded. Example: OTEL_TRACES_SAMPLER=parentbased_traceidratio OTEL_TRACES_SAMPLER_ARG=0.1',
    );
  const root =
    isKnown && name.endsWith('traceidratio')
      ? new TraceIdRatioBasedSampler(ratio)
      : isKnown && name.endsWith('always_off')
        ? new AlwaysOffSampler()
        : new AlwaysOnSampler();
  return isKnown && !name.startsWith('parentbased_') ? root : new ParentBasedSampler({ root });
}

/** What an error is called; its message may quote anything. */
function nameOf(error: unknown): string {
  const { code, name } = (error ?? {}) as { code?: unknown; name?: unknown };
  return typeof code === 'string' ? code : typeof name === 'string' ? name : 'unknown';
}

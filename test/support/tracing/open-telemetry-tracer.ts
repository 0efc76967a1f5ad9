import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { context, SpanStatusCode, trace } from '@opentelemetry/api';
import { MySQL2Instrumentation } from '@opentelemetry/instrumentation-mysql2';
import { InMemorySpanExporter, NodeTracerProvider, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-node';
import type { Tracer } from './tracer.ts';

let known: MySQL2Instrumentation | undefined;

/** One of the process: it patches what it sees required for the first time, also where that was loaded before. */
function enableInstrumentation(): MySQL2Instrumentation {
  if (known === undefined) {
    known = new MySQL2Instrumentation();
    const require = createRequire(import.meta.url);
    require(join(dirname(require.resolve('mysql2')), 'lib/connection.js'));
  } else {
    known.enable();
  }
  return known;
}

/** OpenTelemetry's own instrumentation of mysql2: it patches `query()` and `execute()`. */
export function startOpenTelemetry(): Tracer {
  const exporter = new InMemorySpanExporter();
  const provider = new NodeTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] });
  provider.register();
  const instrumentation = enableInstrumentation();
  instrumentation.setTracerProvider(provider);
  const request = provider.getTracer('test').startSpan('request');
  return {
    inRequest: (work) => context.with(trace.setSpan(context.active(), request), work),
    statements: () =>
      exporter
        .getFinishedSpans()
        .toSorted((a, b) => a.startTime[0] - b.startTime[0] || a.startTime[1] - b.startTime[1])
        .map(({ attributes, parentSpanContext, status }) => ({
          sql: String(attributes['db.query.text'] ?? attributes['db.statement']),
          port: Number(attributes['server.port'] ?? attributes['net.peer.port']),
          isInRequest: parentSpanContext?.spanId === request.spanContext().spanId,
          hasFailed: status.code === SpanStatusCode.ERROR,
        })),
    stop() {
      instrumentation.disable();
      trace.disable();
      context.disable();
    },
  };
}

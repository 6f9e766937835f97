/**
 * OpenTelemetry for every service, loaded by `node --import` before anything that it instruments. Metrics are read from the
 * health port; traces leave only when OTEL_EXPORTER_OTLP_ENDPOINT names a collector.
 */
import { PrometheusExporter } from '@opentelemetry/exporter-prometheus'
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http'
import { HttpInstrumentation } from '@opentelemetry/instrumentation-http'
import { PgInstrumentation } from '@opentelemetry/instrumentation-pg'
import { PinoInstrumentation } from '@opentelemetry/instrumentation-pino'
import { NodeSDK } from '@opentelemetry/sdk-node'
import { register } from 'import-in-the-middle/register-hooks.mjs'

// Without this hook, node:http and pino are ES modules that nothing can patch: spans and trace ids would vanish silently. It runs
// in this thread and wraps what is instrumented alone: hooking every module from a thread of its own doubled the time to start.
register({ include: ['http', 'node:http', 'https', 'node:https', 'pg', 'pg-pool', 'pino'] })

/** Serves `/metrics` through the health server; it opens no port of its own. */
export const prometheus: PrometheusExporter = new PrometheusExporter({ preventServerStart: true })

/** Sees every span and keeps none: spans need a processor to be recorded, and log lines need recorded spans. */
const nowhere = {
  onStart() {},
  onEnd() {},
  forceFlush: () => Promise.resolve(),
  shutdown: () => Promise.resolve(),
}

/** What runs here, by the folder of its entry point: `services/router/src/main.ts` is `router`. */
const service = /services[\\/]([a-z-]+)[\\/]/.exec(process.argv[1] ?? '')?.[1]

const collector = process.env.OTEL_EXPORTER_OTLP_ENDPOINT ?? process.env.OTEL_EXPORTER_OTLP_TRACES_ENDPOINT
const PROBES = /^\/(livez|readyz|metrics|healthz)/

export const telemetry: NodeSDK = new NodeSDK({
  ...(service && !process.env.OTEL_SERVICE_NAME ? { serviceName: `p2pmsg-${service}` } : {}),
  metricReaders: [prometheus],
  ...(collector ? { traceExporter: new OTLPTraceExporter() } : { spanProcessors: [nowhere] }),
  instrumentations: [
    new HttpInstrumentation({
      ignoreIncomingRequestHook: (request) => PROBES.test(request.url ?? ''),
      // A page out of the cache costs less than a span about it, and nobody collects the span.
      disableIncomingRequestInstrumentation: service === 'render-api' && collector === undefined,
    }),
    new PgInstrumentation({ requireParentSpan: true }),
    new PinoInstrumentation({ disableLogSending: true }),
  ],
})
telemetry.start()

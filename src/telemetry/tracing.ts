import type { MetricReader } from '@opentelemetry/sdk-metrics'
import type { FastifyPluginCallback } from 'fastify'

export interface Tracing {
  /** Gives every request a span; register it before the routes. */
  readonly fastifyPlugin: FastifyPluginCallback
  /** Exports metrics to the same receiver. */
  readonly metricReader: MetricReader
  /** Sends what is still held back. */
  shutdown(): Promise<void>
}

/**
 * Exports traces and metrics over OTLP, to where the standard `OTEL_*` variables say. Loaded only when an endpoint is
 * set: the SDK takes a while to load, and nobody else should wait for it.
 */
export async function startTracing(): Promise<Tracing> {
  const [{ NodeSDK }, { FastifyOtelInstrumentation }, { OTLPMetricExporter }, { PeriodicExportingMetricReader }] =
    await Promise.all([
      import('@opentelemetry/sdk-node'),
      import('@fastify/otel'),
      import('@opentelemetry/exporter-metrics-otlp-proto'),
      import('@opentelemetry/sdk-metrics'),
    ])
  const sdk = new NodeSDK({
    serviceName: process.env.OTEL_SERVICE_NAME || 'umpire',
    instrumentations: [],
    metricReaders: [],
    logRecordProcessors: [],
  })
  sdk.start()
  const instrumentation = new FastifyOtelInstrumentation({
    registerOnInitialization: false,
    instrumentHooks: false,
    ignorePaths: ({ url }) => url === '/healthz' || url === '/readyz' || url === '/metrics',
  })
  return {
    fastifyPlugin: instrumentation.plugin() as FastifyPluginCallback,
    metricReader: new PeriodicExportingMetricReader({ exporter: new OTLPMetricExporter() }),
    shutdown: () => sdk.shutdown(),
  }
}

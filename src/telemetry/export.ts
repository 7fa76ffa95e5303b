import { OTLPMetricExporter as GrpcExporter } from '@opentelemetry/exporter-metrics-otlp-grpc'
import { OTLPMetricExporter as JsonExporter } from '@opentelemetry/exporter-metrics-otlp-http'
import { OTLPMetricExporter as ProtobufExporter } from '@opentelemetry/exporter-metrics-otlp-proto'
import type { Resource } from '@opentelemetry/resources'
import { type MetricReader, PeriodicExportingMetricReader } from '@opentelemetry/sdk-metrics'
import { NodeSDK } from '@opentelemetry/sdk-node'
import type { Logger } from 'pino'
import { logDiagnostics } from './diagnostics.ts'

/** Which signals are sent over OTLP. */
export interface Exported {
  readonly traces: boolean
  readonly metrics: boolean
}

export interface Export {
  /** To be given the metrics; it sends them. */
  readonly metricReaders: readonly MetricReader[]
  /** Sends the spans that are still held back. */
  shutdown(): Promise<void>
}

/** Exports over OTLP, to where and how the standard `OTEL_*` variables say. Spans are recorded from now on. */
export function startExport({ traces, metrics }: Exported, resource: Resource, log: Logger): Export {
  const sdk = traces ? new NodeSDK({ resource, metricReaders: [], logRecordProcessors: [] }) : null
  // The constructor may choose the console.
  logDiagnostics(log, process.env)
  sdk?.start()
  return {
    metricReaders: metrics ? [createMetricReader(process.env)] : [],
    async shutdown() {
      await sdk?.shutdown()
    },
  }
}

/** `NodeSDK` could make it, and would keep to itself the provider that a scrape needs too. */
function createMetricReader(env: NodeJS.ProcessEnv): MetricReader {
  const interval = milliseconds(env.OTEL_METRIC_EXPORT_INTERVAL) ?? 60_000
  const timeout = milliseconds(env.OTEL_METRIC_EXPORT_TIMEOUT) ?? 30_000
  return new PeriodicExportingMetricReader({
    exporter: createMetricExporter(env.OTEL_EXPORTER_OTLP_METRICS_PROTOCOL || env.OTEL_EXPORTER_OTLP_PROTOCOL),
    exportIntervalMillis: interval,
    exportTimeoutMillis: Math.min(timeout, interval),
  })
}

function createMetricExporter(protocol: string | undefined) {
  if (protocol === 'grpc') return new GrpcExporter()
  if (protocol === 'http/json') return new JsonExporter()
  return new ProtobufExporter()
}

function milliseconds(value: string | undefined): number | null {
  const number = Number(value)
  return number > 0 && number < 2 ** 31 ? number : null
}

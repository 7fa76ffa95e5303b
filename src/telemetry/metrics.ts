import type { Meter } from '@opentelemetry/api'
import { PrometheusSerializer } from '@opentelemetry/exporter-prometheus'
import { defaultResource, resourceFromAttributes } from '@opentelemetry/resources'
import { MeterProvider, MetricReader } from '@opentelemetry/sdk-metrics'

/** What the service counts and measures. */
export interface Metrics {
  adjudicated(answer: Answered): void
  ingested(status: 'accepted' | 'duplicate' | 'rejected', signals: number): void
}

export interface Answered {
  readonly decision: string
  readonly disposition: string
  readonly conflict: number
  readonly regret: number
  /** From the request's arrival at the desk to its commit. */
  readonly seconds: number
}

export interface MetricsPipeline {
  readonly meter: Meter
  /** Everything, now, in the text format of Prometheus. */
  text(): Promise<string>
  shutdown(): Promise<void>
}

/** Read on demand, at a scrape. */
class ScrapeReader extends MetricReader {
  protected async onForceFlush(): Promise<void> {}
  protected async onShutdown(): Promise<void> {}
}

/** @param readers further ones, such as one that exports over OTLP */
export function startMetrics(readers: readonly MetricReader[] = []): MetricsPipeline {
  const reader = new ScrapeReader()
  const resource = defaultResource().merge(resourceFromAttributes({ 'service.name': 'umpire' }))
  const provider = new MeterProvider({ resource, readers: [reader, ...readers] })
  const serializer = new PrometheusSerializer()
  return {
    meter: provider.getMeter('umpire'),
    async text() {
      const { resourceMetrics } = await reader.collect()
      return serializer.serialize(resourceMetrics)
    },
    shutdown: () => provider.shutdown(),
  }
}

/** @param outboxDepth counts the jobs that are committed and not yet queued; asked at each scrape */
export function createMetrics(meter: Meter, outboxDepth: () => Promise<number>): Metrics {
  const adjudications = meter.createCounter('umpire_adjudications', { description: 'Adjudications made' })
  const signals = meter.createCounter('umpire_signals', { description: 'Signals received' })
  const conflict = meter.createHistogram('umpire_conflict', {
    description: 'Conflict among the signals of an adjudication: 0 unanimous, 1 a draw',
    advice: { explicitBucketBoundaries: [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1] },
  })
  const regret = meter.createHistogram('umpire_regret', {
    description: 'Expected cost of error of an adjudication, in the currency of the rules',
    advice: { explicitBucketBoundaries: [1, 5, 10, 25, 50, 100, 250, 500, 1000, 5000, 25000] },
  })
  const latency = meter.createHistogram('umpire_adjudication_duration', {
    description: 'Time from the arrival of a question to its durable answer',
    unit: 's',
    advice: { explicitBucketBoundaries: [0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5] },
  })
  meter
    .createObservableGauge('umpire_outbox_depth', { description: 'Jobs that are committed and not yet queued' })
    .addCallback(async (result) => result.observe(await outboxDepth()))
  return {
    adjudicated(answer) {
      const { decision } = answer
      adjudications.add(1, { decision, disposition: answer.disposition })
      conflict.record(answer.conflict, { decision })
      regret.record(answer.regret, { decision })
      latency.record(answer.seconds)
    },
    ingested(status, count) {
      if (count > 0) signals.add(count, { status })
    },
  }
}

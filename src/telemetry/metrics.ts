import type { Meter } from '@opentelemetry/api'
import { PrometheusSerializer } from '@opentelemetry/exporter-prometheus'
import type { Resource } from '@opentelemetry/resources'
import {
  AggregationTemporality,
  InstrumentType,
  MeterProvider,
  type MetricData,
  MetricReader,
} from '@opentelemetry/sdk-metrics'
import { measureProcess } from './process.ts'
import { createResource } from './resource.ts'

/** What the service counts and measures. */
export interface Metrics {
  adjudicated(answer: Answered): void
  shadowed(decision: string, answer: Shadowed): void
  /** @param cached whether it was answered from what was answered before */
  checked(decision: string, verdict: string, cached: boolean): void
  /** @param result `go`, or the code of the problem */
  redeemed(result: string): void
  /** @param leave whether the agent had redeemed a lease on what it did */
  acted(decision: string, leave: boolean): void
  ingested(status: 'accepted' | 'duplicate' | 'rejected', signals: number): void
  /** @param result of events that a source has posted */
  posted(source: string, result: 'taken' | 'ignored' | 'rejected', events: number): void
  /** @param seconds from the commit of what is told to its notice being handled */
  noticed(seconds: number): void
  /** Somebody begins to follow events, or stops. */
  followed(change: 1 | -1): void
  /** @param seconds from when an event happened to its being read for streams, or taken by a subscription */
  told(way: 'stream' | 'subscription', seconds: number): void
}

export interface Answered {
  readonly decision: string
  readonly disposition: string
  readonly conflict: number
  readonly regret: number
  /** From the request's arrival at the desk to its commit. */
  readonly seconds: number
}

/** Of an answer of a shadow set. */
export interface Shadowed {
  /** How it compares with the one that was given. */
  readonly result: string
  /** Whether an expression failed in it. */
  readonly errored: boolean
}

export interface MetricsPipeline {
  readonly meter: Meter
  /** Everything, now, in the text format of Prometheus. What can't be measured at the moment is left out. */
  text(): Promise<string>
  shutdown(): Promise<void>
}

/** A scrape does not wait longer for the database. Milliseconds. */
const OBSERVED_WITHIN = 1_000

/** Read on demand, at a scrape. A gauge that can't be read has no value then, rather than its last. */
class ScrapeReader extends MetricReader {
  constructor() {
    super({
      aggregationTemporalitySelector: (type) =>
        type === InstrumentType.OBSERVABLE_GAUGE ? AggregationTemporality.DELTA : AggregationTemporality.CUMULATIVE,
    })
  }
  protected async onForceFlush(): Promise<void> {}
  protected async onShutdown(): Promise<void> {}
}

export interface MetricsOptions {
  readonly resource?: Resource
  /** Further ones, such as one that exports over OTLP. */
  readonly readers?: readonly MetricReader[]
}

export function startMetrics({ resource = createResource(), readers = [] }: MetricsOptions = {}): MetricsPipeline {
  const reader = new ScrapeReader()
  const provider = new MeterProvider({ resource, readers: [reader, ...readers] })
  const meter = provider.getMeter('umpire')
  measureProcess(meter)
  const serializer = new PrometheusSerializer(undefined, false, undefined, false, true)
  return {
    meter,
    async text() {
      const { resourceMetrics } = await reader.collect({ timeoutMillis: OBSERVED_WITHIN })
      const scopeMetrics = resourceMetrics.scopeMetrics.map(({ scope, metrics }) => ({
        scope,
        metrics: metrics.map(withUnitInName),
      }))
      return serializer.serialize({ ...resourceMetrics, scopeMetrics })
    },
    shutdown: () => provider.shutdown(),
  }
}

/** OpenTelemetry keeps the unit beside the name, Prometheus in it; the serializer leaves that to us. */
function withUnitInName<M extends MetricData>(metric: M): M {
  const { name, unit } = metric.descriptor
  const suffix = { s: '.seconds', By: '.bytes' }[unit] ?? ''
  return { ...metric, descriptor: { ...metric.descriptor, name: name + suffix, unit: '' } }
}

/** What is asked at each scrape. */
export interface Observed {
  /** Jobs that are committed and not yet queued; asked one at a time. */
  readonly outboxDepth: () => Promise<number>
  /** Whether newer rules of the directory are refused. */
  readonly rulesRefused: () => boolean
}

export function createMetrics(meter: Meter, { outboxDepth, rulesRefused }: Observed): Metrics {
  const adjudications = meter.createCounter('umpire.adjudications', { description: 'Adjudications made' })
  const signals = meter.createCounter('umpire.signals', { description: 'Signals received' })
  const webhookEvents = meter.createCounter('umpire.webhook.events', { description: 'Events that sources have posted' })
  const shadowAnswers = meter.createCounter('umpire.shadow.answers', {
    description: 'Answers of a shadow set, given to nobody, by how they compare with those that were given',
  })
  const shadowErrors = meter.createCounter('umpire.shadow.errors', {
    description: 'Answers of a shadow set in which an expression failed, so that it asks a person',
  })
  const checks = meter.createCounter('umpire.checks', { description: 'Checks of agents before they act' })
  const redemptions = meter.createCounter('umpire.redemptions', { description: 'Leases that agents wanted to redeem' })
  const actions = meter.createCounter('umpire.actions', {
    description: 'What agents say that they did, with leave and without',
  })
  const conflict = meter.createHistogram('umpire.conflict', {
    description: 'Conflict among the signals of an adjudication: 0 unanimous, 1 a draw',
    advice: { explicitBucketBoundaries: [0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9] },
  })
  const regret = meter.createHistogram('umpire.regret', {
    description: 'Expected cost of error of an adjudication, in the currency of the rules',
    advice: { explicitBucketBoundaries: [0, 1, 5, 10, 25, 50, 100, 250, 500, 1000, 5000, 25000] },
  })
  const duration = meter.createHistogram('umpire.adjudication.duration', {
    description: 'Time from the arrival of a question to its durable answer',
    unit: 's',
    advice: { explicitBucketBoundaries: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5] },
  })
  const noticeDelay = meter.createHistogram('umpire.notice.delay', {
    description: 'Time from the commit of what is told to its notice being handled by a worker',
    unit: 's',
    advice: { explicitBucketBoundaries: [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 60, 300] },
  })
  const streams = meter.createUpDownCounter('umpire.streams', { description: 'Streams of events that are open' })
  streams.add(0)
  const eventDelay = meter.createHistogram('umpire.event.delay', {
    description: 'Time from when an event happened to its being read for streams, or taken by a subscription',
    unit: 's',
    advice: { explicitBucketBoundaries: [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 60, 300, 3600] },
  })
  const countOnce = oneAtATime(outboxDepth)
  meter
    .createObservableGauge('umpire.outbox.depth', { description: 'Jobs that are committed and not yet queued' })
    .addCallback(async (result) => result.observe(await countOnce()))
  meter
    .createObservableGauge('umpire.ruleset.refused', {
      description: '1 while newer rules of the directory are refused',
    })
    .addCallback((result) => result.observe(rulesRefused() ? 1 : 0))
  return {
    adjudicated(answer) {
      const { decision } = answer
      adjudications.add(1, { decision, disposition: answer.disposition })
      conflict.record(answer.conflict, { decision })
      regret.record(answer.regret, { decision })
      duration.record(answer.seconds)
    },
    shadowed(decision, { result, errored }) {
      shadowAnswers.add(1, { decision, result })
      if (errored) shadowErrors.add(1, { decision })
    },
    checked: (decision, verdict, cached) => checks.add(1, { cached, decision, verdict }),
    redeemed: (result) => redemptions.add(1, { result }),
    acted: (decision, leave) => actions.add(1, { decision, leave }),
    ingested(status, count) {
      if (count > 0) signals.add(count, { status })
    },
    posted(source, result, count) {
      if (count > 0) webhookEvents.add(count, { source, result })
    },
    noticed: (seconds) => noticeDelay.record(Math.max(0, seconds)),
    followed: (change) => streams.add(change),
    told: (way, seconds) => eventDelay.record(Math.max(0, seconds), { way }),
  }
}

/** While a call is under way, others wait for the same: scrapes must not pile up on a database that hangs. */
function oneAtATime<T>(call: () => Promise<T>): () => Promise<T> {
  let running: Promise<T> | null = null
  return () => {
    running ??= call().finally(() => {
      running = null
    })
    return running
  }
}

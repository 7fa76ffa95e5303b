import type { Logger } from 'pino'
import type { Exported } from './export.ts'
import { type MetricsPipeline, startMetrics } from './metrics.ts'
import { createResource } from './resource.ts'

export interface Telemetry extends MetricsPipeline {
  /** Sends what is still held back; gives up after a few seconds, and never fails. */
  shutdown(): Promise<void>
}

/** A receiver that does not answer must not keep the process from ending. Milliseconds. */
const FLUSH_AT_MOST = 3_000

/**
 * Metrics to be scraped, and what is exported over OTLP. The SDK that exports takes a while to load, and is loaded for
 * nobody else.
 */
export async function startTelemetry(exported: Exported, log: Logger): Promise<Telemetry> {
  if (!exported.traces && !exported.metrics) return startMetrics()

  const { startExport } = await import('./export.ts')
  const resource = createResource()
  const exporting = startExport(exported, resource, log)
  const metrics = startMetrics({ resource, readers: exporting.metricReaders })
  return {
    ...metrics,
    shutdown: () => atMost(FLUSH_AT_MOST, Promise.allSettled([exporting.shutdown(), metrics.shutdown()])),
  }
}

function atMost(milliseconds: number, work: Promise<unknown>): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, milliseconds)
    work.finally(() => {
      clearTimeout(timer)
      resolve()
    })
  })
}

import { EventEmitter, once } from 'node:events'
import http from 'node:http'
import type { AddressInfo } from 'node:net'
import { gunzipSync } from 'node:zlib'
import { afterAll } from 'vitest'

/** A span as it arrived, its attributes flat. */
export interface ReceivedSpan {
  readonly name: string
  readonly traceId: string
  readonly spanId: string
  readonly parentSpanId: string | undefined
  readonly kind: number
  readonly status: number
  readonly attributes: Readonly<Record<string, unknown>>
  readonly resource: Readonly<Record<string, unknown>>
}

export interface ReceivedMetric {
  readonly name: string
  readonly unit: string
  readonly points: readonly { readonly attributes: Record<string, unknown>; readonly [field: string]: unknown }[]
  readonly resource: Readonly<Record<string, unknown>>
}

export interface Delivery {
  readonly path: string
  readonly type: string | undefined
  readonly body: Buffer
}

/** An OTLP receiver; spans and metrics are of the deliveries in JSON. */
export interface Receiver {
  readonly url: string
  /** Environment that has a service send everything here, at once. */
  readonly env: Readonly<Record<string, string>>
  readonly deliveries: readonly Delivery[]
  spans(): ReceivedSpan[]
  metrics(): ReceivedMetric[]
  /** Waits until it has received something of which `find` finds what it looks for. */
  until<T>(find: () => T | undefined): Promise<T>
}

/** @param answer whether it answers at all; one that does not keeps every connection waiting */
export async function startReceiver({ answer = true } = {}): Promise<Receiver> {
  const deliveries: Delivery[] = []
  const events = new EventEmitter()
  const server = http.createServer(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk)
    const sent = Buffer.concat(chunks)
    const body = request.headers['content-encoding'] === 'gzip' ? gunzipSync(sent) : sent
    deliveries.push({ path: request.url!, type: request.headers['content-type'], body })
    if (answer) response.setHeader('content-type', 'application/json').end('{}')
    events.emit('delivery')
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  afterAll(() => {
    server.closeAllConnections()
    server.close()
  })
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`

  const decoded = (path: string) =>
    deliveries
      .filter((one) => one.path === path && one.type === 'application/json')
      .map(({ body }) => JSON.parse(`${body}`))
  return {
    url,
    env: {
      OTEL_EXPORTER_OTLP_ENDPOINT: url,
      OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
      OTEL_BSP_SCHEDULE_DELAY: '20',
      OTEL_METRIC_EXPORT_INTERVAL: '100',
    },
    deliveries,
    spans: () => decoded('/v1/traces').flatMap(({ resourceSpans }) => resourceSpans.flatMap(spansIn)),
    metrics: () => decoded('/v1/metrics').flatMap(({ resourceMetrics }) => resourceMetrics.flatMap(metricsIn)),
    async until(find) {
      for (;;) {
        const found = find()
        if (found !== undefined) return found
        await once(events, 'delivery')
      }
    },
  }
}

function spansIn({ resource, scopeSpans }: any): ReceivedSpan[] {
  return scopeSpans.flatMap(({ spans }: any) =>
    spans.map((span: any) => ({
      name: span.name,
      traceId: span.traceId,
      spanId: span.spanId,
      parentSpanId: span.parentSpanId || undefined,
      kind: span.kind,
      status: span.status?.code ?? 0,
      attributes: flat(span.attributes),
      resource: flat(resource.attributes),
    })),
  )
}

function metricsIn({ resource, scopeMetrics }: any): ReceivedMetric[] {
  return scopeMetrics.flatMap(({ metrics }: any) =>
    metrics.map(({ name, unit, sum, gauge, histogram }: any) => ({
      name,
      unit,
      points: (sum ?? gauge ?? histogram).dataPoints.map((point: any) => ({
        ...point,
        attributes: flat(point.attributes),
      })),
      resource: flat(resource.attributes),
    })),
  )
}

/** `[{ key, value: { stringValue } }]` → `{ key: stringValue }` */
function flat(attributes: readonly { key: string; value: Record<string, unknown> }[] = []): Record<string, unknown> {
  return Object.fromEntries(attributes.map(({ key, value }) => [key, Object.values(value)[0]]))
}

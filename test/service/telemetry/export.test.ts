import { once } from 'node:events'
import http2 from 'node:http2'
import type { AddressInfo } from 'node:net'
import { afterAll, describe, expect, it } from 'vitest'
import { createTestDatabase } from '../database.ts'
import { rulesDirectory, type ServiceProcess, spawnService, startService } from '../faults/process.ts'
import { type Receiver, startReceiver } from './receiver.ts'

const { url: DATABASE_URL } = await createTestDatabase()
const UMPIRE_RULES_DIR = await rulesDirectory()
const question = { account: 'acme', decision: 'expansion-outreach', facts: { arr: 1, segment: 'smb' } }

const start = (env: Readonly<Record<string, string>>) => startService({ DATABASE_URL, UMPIRE_RULES_DIR, ...env })

async function serveAndStop(service: ServiceProcess, requests = 1): Promise<void> {
  for (let i = 0; i < requests; i++) {
    expect(await service.call('POST', '/v1/adjudications', question)).toMatchObject({ status: 201 })
  }
  service.child.kill('SIGTERM')
  expect(await service.exited).toBe(0)
}

/** Nobody speaks gRPC here: it notes who was called. */
async function startGrpcReceiver(): Promise<{ url: string; called: Set<string> }> {
  const called = new Set<string>()
  const server = http2.createServer()
  server.on('stream', (stream, headers) => {
    called.add(String(headers[':path']))
    stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }))
    stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true })
    // An empty message: not compressed, no bytes.
    stream.end(Buffer.alloc(5))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  afterAll(() => server.close())
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, called }
}

describe('SIGTERM', () => {
  it('sends what is held back, in protobuf where nothing else is asked for', async () => {
    const receiver = await startReceiver()
    await serveAndStop(await start({ OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url }))
    expect(new Set(receiver.deliveries.map(({ path, type }) => `${path} ${type}`))).toEqual(
      new Set(['/v1/metrics application/x-protobuf', '/v1/traces application/x-protobuf']),
    )
    const [metrics, traces] = ['/v1/metrics', '/v1/traces'].map((path) =>
      receiver.deliveries.map((one) => (one.path === path ? one.body.toString('latin1') : '')).join(''),
    )
    for (const name of ['umpire.adjudications', 'umpire.outbox.depth', 'service.name']) expect(metrics).toContain(name)
    for (const name of ['POST /v1/adjudications', 'commit', 'service.name']) expect(traces).toContain(name)
  })

  it('does not wait for a receiver that does not answer, nor do requests', async () => {
    const receiver = await startReceiver({ answer: false })
    const patient = '600000'
    const service = await start({
      ...receiver.env,
      OTEL_EXPORTER_OTLP_TIMEOUT: patient,
      OTEL_BSP_EXPORT_TIMEOUT: patient,
      OTEL_METRIC_EXPORT_TIMEOUT: patient,
      OTEL_METRIC_EXPORT_INTERVAL: patient,
    })
    await service.call('POST', '/v1/adjudications', question)
    await receiver.until(() => receiver.deliveries[0])
    // More than the queue for spans holds.
    await serveAndStop(service, 500)
  })

  it('does not wait for a receiver that is away, and the log says that it is', async () => {
    const service = await start({
      OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:1',
      OTEL_EXPORTER_OTLP_TIMEOUT: '200',
      OTEL_BSP_SCHEDULE_DELAY: '20',
    })
    await service.call('POST', '/v1/adjudications', question)
    while (!service.output().includes('telemetry is incomplete')) await once(service.child.stdout!, 'data')
    await serveAndStop(service)
  })
})

describe('the standard variables', () => {
  it('name the service and its resource, in traces and metrics alike', async () => {
    const receiver = await startReceiver()
    const env = { OTEL_SERVICE_NAME: 'referee', OTEL_RESOURCE_ATTRIBUTES: 'deployment.environment.name=staging' }
    await serveAndStop(await start({ ...receiver.env, ...env }))
    const spans = receiver.spans()
    const metrics = receiver.metrics()
    expect(spans).not.toEqual([])
    expect(metrics.map(({ name }) => name)).toContain('umpire.adjudications')
    const instance = spans[0]!.resource['service.instance.id']
    for (const { resource } of [...spans, ...metrics]) {
      expect(resource).toMatchObject({
        'service.name': 'referee',
        'deployment.environment.name': 'staging',
        'service.instance.id': instance,
      })
    }
  })

  it('take the name from the resource, where it is only there, and `umpire` where it is not', async () => {
    for (const [env, name] of [
      [{ OTEL_RESOURCE_ATTRIBUTES: 'service.name=arbiter' }, 'arbiter'],
      [{}, 'umpire'],
    ] as const) {
      const receiver = await startReceiver()
      await serveAndStop(await start({ ...receiver.env, ...env }))
      const names = [...receiver.spans(), ...receiver.metrics()].map(({ resource }) => resource['service.name'])
      expect(new Set(names)).toEqual(new Set([name]))
    }
  })

  it('choose what is sampled', async () => {
    const receiver = await startReceiver()
    await serveAndStop(await start({ ...receiver.env, OTEL_TRACES_SAMPLER: 'always_off' }))
    expect(receiver.spans()).toEqual([])
    expect(receiver.metrics()).not.toEqual([])
  })

  it('choose the protocol, of both', async () => {
    const { url, called } = await startGrpcReceiver()
    await serveAndStop(await start({ OTEL_EXPORTER_OTLP_ENDPOINT: url, OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc' }))
    expect([...called].sort()).toEqual([
      '/opentelemetry.proto.collector.metrics.v1.MetricsService/Export',
      '/opentelemetry.proto.collector.trace.v1.TraceService/Export',
    ])
  })

  const paths = (receiver: Receiver) => [...new Set(receiver.deliveries.map(({ path }) => path))].sort()

  it.each([
    ['OTEL_SDK_DISABLED', 'true', []],
    ['OTEL_TRACES_EXPORTER', 'none', ['/v1/metrics']],
    ['OTEL_METRICS_EXPORTER', 'none', ['/v1/traces']],
  ])('switch off: %s=%s', async (name, value, expected) => {
    const receiver = await startReceiver()
    await serveAndStop(await start({ ...receiver.env, [name]: value }))
    expect(paths(receiver)).toEqual(expected)
  })

  it('that are wrong are told, and stop nothing', async () => {
    const receiver = await startReceiver()
    const service = await start({ ...receiver.env, OTEL_TRACES_SAMPLER: 'sometimes' })
    await serveAndStop(service)
    expect(service.output()).toMatch(/OTEL_TRACES_SAMPLER[^\n]*sometimes[^\n]*telemetry is incomplete/)
    expect(receiver.spans()).not.toEqual([])
  })
})

describe('the SDK that exports', () => {
  const loaded = (service: ServiceProcess) => service.output().includes('LOADED sdk-node')
  /** Prints at the end which of the packages that export were loaded. */
  const report = `import { createRequire } from 'node:module'
    process.on('exit', () => {
      const names = Object.keys(createRequire('${process.cwd()}/').cache)
      if (names.some((name) => name.includes('@opentelemetry/sdk-metrics/'))) console.log('LOADED sdk-metrics')
      if (names.some((name) => name.includes('@opentelemetry/sdk-node/'))) console.log('LOADED sdk-node')
    })`
  const NODE_OPTIONS = `--import=data:text/javascript,${encodeURIComponent(report)}`

  it('is loaded only where something is exported', async () => {
    const quiet = await start({ NODE_OPTIONS })
    await serveAndStop(quiet)
    expect(quiet.output()).toContain('LOADED sdk-metrics')
    expect(loaded(quiet)).toBe(false)

    const receiver = await startReceiver()
    const exporting = await start({ ...receiver.env, NODE_OPTIONS })
    await serveAndStop(exporting)
    expect(loaded(exporting)).toBe(true)
  })

  it('does not keep a start alive that fails', async () => {
    const receiver = await startReceiver()
    const service = spawnService({ ...receiver.env, UMPIRE_RULES_DIR, DATABASE_URL: 'postgresql://u@127.0.0.1:1/none' })
    expect(await service.exited).toBe(1)
  })
})

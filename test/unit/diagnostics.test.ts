import { diag } from '@opentelemetry/api'
import { pino } from 'pino'
import { afterEach, expect, it } from 'vitest'
import { logDiagnostics } from '../../src/telemetry/diagnostics.ts'

afterEach(() => diag.disable())

function listen(env: NodeJS.ProcessEnv): () => unknown[] {
  const lines: string[] = []
  logDiagnostics(pino({ base: null, timestamp: false }, { write: (line: string) => void lines.push(line) }), env)
  return () => lines.map((line) => JSON.parse(line))
}

const WARN = 40
const INFO = 30

it('says once what goes wrong again and again', () => {
  const logged = listen({})
  for (let i = 0; i < 3; i++) {
    diag.error(JSON.stringify({ stack: 'Error: refused\n    at', message: 'refused', code: 'ECONNREFUSED' }))
    diag.warn('spans are dropped')
  }
  expect(logged()).toEqual([
    { level: WARN, reason: 'refused', msg: 'telemetry is incomplete' },
    { level: WARN, reason: 'spans are dropped', msg: 'telemetry is incomplete' },
  ])
})

it('says less important things only where they are asked for', () => {
  const quiet = listen({ OTEL_LOG_LEVEL: '' })
  diag.info('ready')
  expect(quiet()).toEqual([])

  const talkative = listen({ OTEL_LOG_LEVEL: 'info' })
  diag.info('ready')
  diag.debug('details')
  expect(talkative()).toEqual([{ level: INFO, reason: 'ready', msg: 'telemetry' }])
})

it('says nothing where that is asked for', () => {
  const logged = listen({ OTEL_LOG_LEVEL: 'none' })
  diag.error('refused')
  expect(logged()).toEqual([])
})

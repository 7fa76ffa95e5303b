import {
  type Attributes,
  type Context,
  context,
  ROOT_CONTEXT,
  type Span,
  SpanKind,
  SpanStatusCode,
  trace,
} from '@opentelemetry/api'
import { failureType } from './failure.ts'

const tracer = trace.getTracer('umpire')

/** The trace that the caller is in. */
export const currentContext = (): Context => context.active()

/** Whether anybody records the trace: where nobody does, nothing is spent on it. */
const isTraced = (parent: Context): boolean => trace.getSpan(parent)?.isRecording() ?? false

/** Runs within the trace of a request, whoever calls. */
export const within = <T>(parent: Context, run: () => T): T => context.with(parent, run)

/** Runs outside any trace: what serves many requests belongs to none of them. */
export const untraced = <T>(run: () => T): T => context.with(ROOT_CONTEXT, run)

/** One round trip to the database that serves several requests at once: it is a span in the trace of each. */
export async function sharedSpan<T>(name: string, parents: readonly Context[], run: () => Promise<T>): Promise<T> {
  const traced = parents.filter(isTraced)
  if (traced.length === 0) return run()
  const attributes = { ...POSTGRESQL, 'umpire.batch.requests': parents.length }
  const spans = traced.map((parent) => tracer.startSpan(name, { kind: SpanKind.CLIENT, attributes }, parent))
  try {
    return await run()
  } catch (error) {
    for (const span of spans) fail(span, error)
    throw error
  } finally {
    for (const span of spans) span.end()
  }
}

/** A step that takes no waiting, as a span of the trace that is active; just the step where there is none. */
export function span<T>(name: string, run: () => T): T {
  const parent = context.active()
  if (parent === ROOT_CONTEXT || !isTraced(parent)) return run()
  const started = tracer.startSpan(name)
  try {
    return context.with(trace.setSpan(parent, started), run)
  } catch (error) {
    fail(started, error)
    throw error
  } finally {
    started.end()
  }
}

/** A statement that has ended, as a span of the trace that is active. Never its parameters: they hold facts. */
export function statementSpan(sql: string, milliseconds: number, error?: unknown): void {
  if (!isTraced(context.active())) return
  const operation = /^\s*(\w+)/.exec(sql)?.[1]?.toUpperCase() ?? 'query'
  const attributes: Attributes = { ...POSTGRESQL, 'db.operation.name': operation, 'db.query.text': sql }
  const startTime = Date.now() - milliseconds
  const ended = tracer.startSpan(operation, { kind: SpanKind.CLIENT, attributes, startTime })
  if (error !== undefined) fail(ended, error)
  ended.end()
}

/** Ids that tie a log line to its trace; nothing outside one. */
export function traceIds(): object {
  const active = trace.getActiveSpan()?.spanContext()
  return active ? { trace_id: active.traceId, span_id: active.spanId } : {}
}

const POSTGRESQL = { 'db.system.name': 'postgresql' }

/** What kind of error it was, and not its message, which may hold what was sent. */
function fail(failed: Span, error: unknown): void {
  failed.setAttribute('error.type', failureType(error))
  failed.setStatus({ code: SpanStatusCode.ERROR })
}

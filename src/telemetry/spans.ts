import { type Context, context, ROOT_CONTEXT, type Span, SpanStatusCode, trace } from '@opentelemetry/api'

const tracer = trace.getTracer('umpire')

/** The trace that the caller is in. */
export const currentContext = (): Context => context.active()

/** Whether anybody records the trace: where nobody does, nothing is spent on it. */
export const isTraced = (parent: Context): boolean => trace.getSpan(parent)?.isRecording() ?? false

/** Runs within the trace of a request, whoever calls. */
export function within<T>(parent: Context, run: () => T): T {
  return isTraced(parent) ? context.with(parent, run) : run()
}

/** One step that serves several requests at once: it is a span in the trace of each. */
export async function sharedSpan<T>(name: string, parents: readonly Context[], run: () => Promise<T>): Promise<T> {
  const traced = parents.filter(isTraced)
  if (traced.length === 0) return run()
  const attributes = { 'umpire.batch.requests': parents.length, 'db.system.name': 'postgresql' }
  const spans = traced.map((parent) => tracer.startSpan(name, { attributes }, parent))
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
  const attributes = { 'db.system.name': 'postgresql', 'db.query.text': sql }
  const ended = tracer.startSpan('query', { attributes, startTime: Date.now() - milliseconds })
  if (error) fail(ended, error)
  ended.end()
}

/** Ids that tie a log line to its trace; nothing outside one. */
export function traceIds(): object {
  const active = trace.getActiveSpan()?.spanContext()
  return active ? { trace_id: active.traceId, span_id: active.spanId } : {}
}

function fail(failed: Span, error: unknown): void {
  failed.recordException(error as Error)
  failed.setStatus({ code: SpanStatusCode.ERROR })
}

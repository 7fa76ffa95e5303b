import { readAnswer } from './answer.ts'
import { type Operations, ROUTES } from './api.ts'
import { startDeadline, TIME_IS_UP } from './deadline.ts'
import { reasonOf, UmpireError } from './error.ts'
import { isWorthRetrying, pauseBefore } from './retry.ts'
import { refuseTimeout, type Settings } from './settings.ts'

export interface CallOptions {
  /** Instead of the client's. */
  readonly timeoutMs?: number
  /** Names the request, so that it is done once however often it is sent; one is made where it is left out. */
  readonly idempotencyKey?: string
  /** Calls the request off. */
  readonly signal?: AbortSignal
}

export type OperationId = keyof typeof ROUTES
export type Answer<O extends OperationId> = Operations[O]['answer']
type Input<O extends OperationId> = Omit<Operations[O], 'answer' | 'problem'>

/**
 * Sends a request until it is answered, or out of tries or time.
 * @throws UmpireError; the reason of the caller's signal
 */
export type Send = <O extends OperationId>(operation: O, input: Input<O>, options?: CallOptions) => Promise<Answer<O>>

/** @param random uniform in [0, 1) */
export function createSend(settings: Settings, random: () => number): Send {
  return async <O extends OperationId>(operation: O, input: Input<O>, options: CallOptions = {}) => {
    const { timeoutMs = settings.timeoutMs, signal } = options
    refuseTimeout(timeoutMs)
    const request = requestOf(settings, operation, input, options)
    signal?.throwIfAborted()
    const deadline = startDeadline(timeoutMs, signal)
    let failure: UmpireError | undefined
    try {
      for (let retry = 1; ; retry++) {
        try {
          return (await deadline.within(trySending(settings, request, deadline.signal))) as Answer<O>
        } catch (error) {
          if (!(error instanceof UmpireError)) throw error
          failure = error
        }
        if (retry > settings.retries || !isWorthRetrying(failure)) throw failure
        const pause = pauseBefore(retry, random(), failure.retryAfterMs)
        if (pause >= deadline.left()) throw failure
        await deadline.pause(pause)
      }
    } catch (error) {
      throw error === TIME_IS_UP ? timedOut(settings.url, timeoutMs, failure) : error
    } finally {
      deadline.end()
    }
  }
}

interface Prepared {
  readonly target: string
  readonly init: RequestInit
}

/** What each try sends. @throws TypeError for what can't be sent */
function requestOf<O extends OperationId>(
  { url, key }: Settings,
  operation: O,
  input: Input<O>,
  { idempotencyKey }: CallOptions,
): Prepared {
  const { method, path } = ROUTES[operation]
  const { path: names = {}, query = {}, body } = input as Sent
  const asked = new URLSearchParams()
  for (const [name, value] of Object.entries(query)) if (value !== undefined) asked.set(name, String(value))
  const headers = new Headers({ authorization: `Bearer ${key}`, accept: 'application/json' })
  if (body !== undefined) headers.set('content-type', 'application/json')
  if (method === 'POST') headers.set('idempotency-key', idempotencyKey ?? crypto.randomUUID())
  return {
    target:
      url + path.replace(/{(\w+)}/g, (_, name: string) => segment(names[name])) + (asked.size > 0 ? `?${asked}` : ''),
    // Elsewhere it would arrive without its key, or its body.
    init: { method, headers, redirect: 'manual', ...(body !== undefined && { body: JSON.stringify(body) }) },
  }
}

interface Sent {
  readonly path?: Readonly<Record<string, string>>
  readonly query?: Readonly<Record<string, unknown>>
  readonly body?: unknown
}

/** A name within a path. URLs take some for the way to another one, however they are written. */
function segment(name: string | undefined): string {
  if (name && name !== '.' && name !== '..') return encodeURIComponent(name)
  throw new TypeError(`\`${name ?? ''}\` can't be part of a URL, so nothing has this name`)
}

/** @throws UmpireError */
async function trySending({ url, fetch }: Settings, { target, init }: Prepared, signal: AbortSignal): Promise<object> {
  let response: Response
  let text: string
  try {
    response = await fetch(target, { ...init, signal })
    text = await response.text()
  } catch (error) {
    throw unreachable(url, error)
  }
  return readAnswer(url, response, text)
}

function unreachable(url: string, cause: unknown): UmpireError {
  return new UmpireError(
    `no service answers at \`${url}\` (${reasonOf(cause)}); see that it runs, and that it can be reached`,
    {
      code: 'unreachable',
      status: null,
      title: 'No answer',
      cause,
    },
  )
}

function timedOut(url: string, timeoutMs: number, failure: UmpireError | undefined): UmpireError {
  const before = failure ? `; the try before failed: ${failure.message}` : ''
  return new UmpireError(`\`${url}\` did not answer within ${timeoutMs} ms${before}`, {
    code: 'timed_out',
    status: null,
    title: 'No answer in time',
    cause: failure,
  })
}

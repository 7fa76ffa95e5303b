import type { IncomingHttpHeaders } from 'node:http'

/**
 * Signals as CloudEvents 1.0, in the three modes of its HTTP binding:
 * https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/bindings/http-protocol-binding.md
 */
export const STRUCTURED = 'application/cloudevents+json'
export const BATCHED = 'application/cloudevents-batch+json'

/** One signal as it came, of whatever form, ready to be validated. */
export interface Sent {
  /** A signal, if it is one; what is wrong is left to the validation. */
  readonly signal: unknown
  /** Why the event can't be read as a signal at all; null: it can. */
  readonly refused: string | null
  /** What the sender calls a field of the signal. */
  readonly nameOf: (field: string) => string
}

/** Attributes of an event that say what a field of a signal says. */
const ATTRIBUTES: Readonly<Record<string, string>> = {
  id: 'id',
  agent: 'source',
  account: 'subject',
  observedAt: 'time',
  claim: 'type',
}
const TYPE_PREFIX = 'umpire.signal.'

/** An event in JSON: structured mode, or one of a batch. */
export function fromEvent(event: unknown): Sent {
  if (!isObject(event)) return refuse(event, 'an event must be an object')
  if (event.data_base64 !== undefined) return refuse(event, '`data_base64` is not read; send `data` as JSON')
  return fromAttributes(event, event.data)
}

/** An event in binary mode: attributes in `ce-` headers, data in the body. Null where the headers say nothing of one. */
export function fromHeaders(headers: IncomingHttpHeaders, data: unknown): Sent | null {
  const attributes: Record<string, unknown> = {}
  for (const [name, value] of Object.entries(headers)) {
    if (name.startsWith('ce-') && typeof value === 'string') attributes[name.slice(3)] = percentDecoded(value)
  }
  if (Object.keys(attributes).length === 0) return null
  return fromAttributes(attributes, data)
}

function fromAttributes(event: Readonly<Record<string, unknown>>, data: unknown): Sent {
  const { specversion, type, datacontenttype } = event
  if (specversion !== '1.0') return refuse(event, '`specversion` must be `1.0`')
  if (typeof type !== 'string' || !type.startsWith(TYPE_PREFIX)) {
    return refuse(event, '`type` must be `umpire.signal.` followed by the claim')
  }
  if (datacontenttype !== undefined && !/^application\/([\w.-]+\+)?json\b/i.test(String(datacontenttype))) {
    return refuse(event, '`datacontenttype` must be `application/json`')
  }
  if (data !== undefined && data !== null && !isObject(data)) return refuse(event, '`data` must be an object')
  const twice = Object.keys(ATTRIBUTES).find((field) => isObject(data) && field in data)
  if (twice !== undefined) return refuse(event, `\`data.${twice}\` is said by \`${ATTRIBUTES[twice]}\`; leave it out`)
  const signal: Record<string, unknown> = { ...data, id: event.id, agent: event.source, account: event.subject }
  signal.claim = type.slice(TYPE_PREFIX.length)
  if (event.time !== undefined) signal.observedAt = event.time
  return { signal, refused: null, nameOf: (field) => ATTRIBUTES[field] ?? `data.${field}` }
}

function refuse(event: unknown, refused: string): Sent {
  const { id, source: agent } = isObject(event) ? event : {}
  return { signal: { id, agent }, refused, nameOf: (field) => field }
}

/** Header values carry what is not printable ASCII percent-encoded. One that is not is taken as it is. */
function percentDecoded(value: string): string {
  try {
    return decodeURIComponent(value)
  } catch {
    return value
  }
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

import { Problem } from '../app/problem.ts'
import type { Source } from '../core/sources.ts'
import { BEYOND_RANGE, readJson } from '../http/parse-json.ts'
import { type Failed, failed } from './mapping/made.ts'
import type { RequestMapper } from './mapping/mapper.ts'
import { isOrganization, parseOutboundMessage } from './salesforce.ts'
import { XmlError } from './xml.ts'

/** The events in what was sent, or why they can't be found. */
export type Events = readonly unknown[] | Failed

/** In one request. */
export const EVENTS_AT_MOST = 1_000

/** Of lists and objects in one another: what writes JSON calls itself for each, and gives up not far beyond. */
const DEPTH_AT_MOST = 1_000

/**
 * Finds the events in a body that is known to be from its source. Whether each of them is safe to keep is not looked at.
 *
 * @param organization the only one that is heard, of Salesforce
 * @param receivedAt RFC 3339
 * @throws Problem `invalid_request` for XML that says nothing of who sent it, `sender_not_authenticated` for that of another organization
 */
export async function readEvents(
  mapper: RequestMapper,
  source: Source,
  {
    body,
    organization,
    receivedAt,
  }: { readonly body: Buffer; readonly organization: string | null; readonly receivedAt: string },
): Promise<Events> {
  const payload = source.format === 'salesforce' ? readMessage(body, organization) : readPayload(body)
  if (isFailed(payload)) return payload
  const events = await mapper.split(source, payload.value, receivedAt)
  if (isFailed(events) || events.length <= EVENTS_AT_MOST) return events
  return failed(`it has ${events.length} events; at most ${EVENTS_AT_MOST} are taken in at once`)
}

export function isFailed(found: unknown): found is Failed {
  return typeof found === 'object' && found !== null && !Array.isArray(found) && (found as Failed).kind === 'failed'
}

function readPayload(body: Buffer): { readonly kind?: never; readonly value: unknown } | Failed {
  try {
    const payload = { value: readJson(body) }
    if (payload.value === undefined) return failed('the body is empty')
    makeWritable(payload, 0)
    return payload
  } catch (error) {
    if (error instanceof Problem) return failed(error.message)
    throw error
  }
}

/**
 * Has what JSON has made of a text be written as JSON again without becoming something else, whatever is wrong with it.
 * @throws Problem `invalid_json` where it is nested too deeply for that
 */
function makeWritable(json: object, depth: number): void {
  if (depth > DEPTH_AT_MOST) {
    throw new Problem('invalid_json', `the body is nested deeper than ${DEPTH_AT_MOST.toLocaleString('en')} levels`)
  }
  const fields = json as Record<string, unknown>
  for (const key of Object.keys(fields)) {
    const value = fields[key]
    if (typeof value === 'number' && !Number.isFinite(value)) fields[key] = BEYOND_RANGE
    else if (typeof value === 'object' && value !== null) makeWritable(value, depth + 1)
  }
}

function readMessage(body: Buffer, organization: string | null): { readonly kind?: never; readonly value: unknown } {
  try {
    const message = parseOutboundMessage(body)
    if (organization !== null && !isOrganization(message.organization, organization)) {
      throw new Problem('sender_not_authenticated', 'the message is from another organization of Salesforce')
    }
    return { value: message.notifications }
  } catch (error) {
    if (error instanceof XmlError) throw new Problem('invalid_request', error.message)
    throw error
  }
}

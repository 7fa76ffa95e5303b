import { createHmac } from 'node:crypto'
import { headerOf, isOneOf, isStale, type Posted, refused, type Verify } from './scheme.ts'

/** In one header: one for each secret that the sender signs with while it changes them. */
const SIGNATURES_AT_MOST = 10
const ID = /^[\x21-\x7e]{1,200}$/
/** Senders try for some days; what they send again has the same id. */
const REMEMBERED = 7 * 24 * 3_600_000

/**
 * Standard Webhooks 1.0 (https://www.standardwebhooks.com), signatures of version 1: base64 of the HMAC-SHA256 of
 * `id.timestamp.body`, the key being what the base64 behind `whsec_` stands for. Of several signatures one must fit.
 */
export const verifyStandardWebhook: Verify = (posted, secrets, now) => {
  const id = headerOf(posted, 'webhook-id')
  const timestamp = headerOf(posted, 'webhook-timestamp')
  const signatures = headerOf(posted, 'webhook-signature')
  if (id === undefined || timestamp === undefined || signatures === undefined) {
    return refused('the headers `webhook-id`, `webhook-timestamp` and `webhook-signature` are needed, each once')
  }
  if (!ID.test(id)) return refused('`webhook-id` must have 1 to 200 printable ASCII characters')
  if (!/^\d{1,12}$/.test(timestamp)) return refused('`webhook-timestamp` must be whole seconds since 1970')
  if (isStale(Number(timestamp) * 1000, now)) return refused('`webhook-timestamp` is more than 5 minutes from now')
  const expected = secrets.map((secret) => `v1,${sign(secret, id, timestamp, posted)}`)
  const fits = signatures.split(' ', SIGNATURES_AT_MOST).map((signature) => isOneOf(signature, expected))
  if (!fits.includes(true)) return refused('no signature of version 1 in `webhook-signature` is that of this body')
  return { ok: true, once: [{ key: `id:${id}`, keepFor: REMEMBERED }] }
}

function sign(secret: string, id: string, timestamp: string, { body }: Posted): string {
  const key = Buffer.from(secret.replace(/^whsec_/, ''), 'base64')
  return createHmac('sha256', key).update(`${id}.${timestamp}.`).update(body).digest('base64')
}

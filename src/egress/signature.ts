import { Webhook } from 'standardwebhooks'

/** What a secret must be, in words that follow where it came from. */
export const SECRET_FORM = 'must be `whsec_` and the base64 of 24 to 64 random bytes'

/** Whether a text is a signing secret as Standard Webhooks has it. */
export function isSigningSecret(secret: string): boolean {
  const [, base64] = /^whsec_([A-Za-z0-9+/]+={0,2})$/.exec(secret) ?? []
  if (base64 === undefined || base64.length % 4 !== 0) return false
  const { length } = Buffer.from(base64, 'base64')
  return length >= 24 && length <= 64
}

/**
 * The headers by which a receiver knows that a body is ours and was sent just now (Standard Webhooks 1.0).
 *
 * @param secrets such as `isSigningSecret`; of several each signs, so that receivers may go over from one to another
 * @param id of the message, the same however often it is sent
 * @param at milliseconds since the epoch, of this attempt
 */
export function signatureHeaders(
  secrets: readonly string[],
  id: string,
  at: number,
  body: string,
): Record<string, string> {
  return {
    'webhook-id': id,
    'webhook-timestamp': String(Math.floor(at / 1000)),
    'webhook-signature': secrets.map((secret) => new Webhook(secret).sign(id, new Date(at), body)).join(' '),
  }
}

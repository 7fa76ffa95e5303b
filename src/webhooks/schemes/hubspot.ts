import { createHmac } from 'node:crypto'
import { shownPath } from '../../http/shown-path.ts'
import { headerOf, isOneOf, isStale, type Posted, refused, TOLERANCE, type Verify } from './scheme.ts'

/**
 * Version 3 of HubSpot's signatures: base64 of the HMAC-SHA256 of method, URL with some escapes decoded, body and
 * timestamp, refused after five minutes (https://developers.hubspot.com/docs/apps, *Validating requests*). What HubSpot
 * tries again it signs anew.
 */
export const verifyHubspot: Verify = (posted, secrets, now) => {
  const signature = headerOf(posted, 'x-hubspot-signature-v3')
  const timestamp = headerOf(posted, 'x-hubspot-request-timestamp')
  if (signature === undefined || timestamp === undefined) {
    return refused('the headers `x-hubspot-signature-v3` and `x-hubspot-request-timestamp` are needed, each once')
  }
  if (!/^\d{1,15}$/.test(timestamp)) return refused('`x-hubspot-request-timestamp` must be milliseconds since 1970')
  if (isStale(Number(timestamp), now)) return refused('`x-hubspot-request-timestamp` is more than 5 minutes from now')
  if (
    !isOneOf(
      signature,
      secrets.map((secret) => sign(secret, timestamp, posted)),
    )
  ) {
    return refused(
      `\`x-hubspot-signature-v3\` is not that of this body sent to ${shownPath(posted.url)}; where HubSpot has another URL, ` +
        'set UMPIRE_PUBLIC_URL to its beginning',
    )
  }
  return { ok: true, once: [{ key: `signature:${signature}`, keepFor: 2 * TOLERANCE }] }
}

function sign(secret: string, timestamp: string, { method, url, body }: Posted): string {
  return createHmac('sha256', secret)
    .update(method)
    .update(decoded(url))
    .update(body)
    .update(timestamp)
    .digest('base64')
}

/** The escapes that HubSpot decodes before it signs, and no others. */
const DECODED = /%(?:3A|2F|3F|40|21|24|27|28|29|2A|2C|3B)/gi

function decoded(url: string): string {
  return url.replace(DECODED, (code) => String.fromCharCode(Number.parseInt(code.slice(1), 16)))
}

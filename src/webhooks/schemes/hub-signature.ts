import { createHash, createHmac } from 'node:crypto'
import { headerOf, isOneOf, type Once, refused, type Verify } from './scheme.ts'

/** No time is signed, so that whoever recorded a request could send it for as long as the secret is the same. */
const REMEMBERED = 90 * 24 * 3_600_000
const ID = /^[\x21-\x7e]{1,200}$/

/**
 * `X-Hub-Signature-256: sha256=<hex>` as GitHub sends it: the HMAC-SHA256 of the body alone. Deliveries are remembered,
 * by the id that they name and, since nothing signs that, by what they say.
 *
 * @param deliveryHeader that names the delivery, in lower case
 */
export function verifyHubSignature(deliveryHeader: string): Verify {
  return (posted, secrets) => {
    const signature = headerOf(posted, 'x-hub-signature-256')
    if (signature === undefined) return refused('the header `x-hub-signature-256` is needed, once')
    const expected = secrets.map((key) => `sha256=${createHmac('sha256', key).update(posted.body).digest('hex')}`)
    if (!isOneOf(signature, expected)) return refused('`x-hub-signature-256` is not that of this body')
    const id = headerOf(posted, deliveryHeader)
    if (id !== undefined && !ID.test(id)) {
      return refused(`\`${deliveryHeader}\` must have 1 to 200 printable ASCII characters`)
    }
    const said = createHash('sha256').update(posted.body).digest('hex')
    const keys = [`body:${said}`, ...(id === undefined ? [] : [`id:${id}`])]
    return { ok: true, once: keys.map((key): Once => ({ key, keepFor: REMEMBERED })) }
  }
}

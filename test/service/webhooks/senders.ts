import { createHmac } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { signatureHeaders } from '../../../src/egress/signature.ts'

/** What the sources that come with us need. */
export const SECRETS = {
  HUBSPOT_CLIENT_SECRET: 'c0ffee00-1111-2222-3333-444455556666',
  SALESFORCE_PATH_SECRET: 'path-secret-0123456789',
  SALESFORCE_ORGANIZATION_ID: '00D24000000Exam',
  GAINSIGHT_TOKEN: 'gainsight-token-0123456789',
  GENERIC_WEBHOOK_SECRET: 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw',
}

export const rulesFile = (name: string): string =>
  readFileSync(new URL(`../../../rules/${name}`, import.meta.url), 'utf8')

export const example = (name: string): string =>
  readFileSync(new URL(`../../../examples/webhooks/${name}`, import.meta.url), 'utf8')

type Headers = Readonly<Record<string, string>>

/** The headers with which HubSpot sends a body to a URL. @param at milliseconds since the epoch */
export function hubspotHeaders(url: string, body: string, at: number, secret = SECRETS.HUBSPOT_CLIENT_SECRET): Headers {
  const signature = createHmac('sha256', secret).update(`POST${url}${body}${at}`).digest('base64')
  return { 'x-hubspot-signature-v3': signature, 'x-hubspot-request-timestamp': String(at) }
}

export function hubHeaders(secret: string, body: string, delivery: string): Headers {
  const signature = createHmac('sha256', secret).update(body).digest('hex')
  return { 'x-hub-signature-256': `sha256=${signature}`, 'x-github-delivery': delivery }
}

/** As Standard Webhooks has it. */
export function standardHeaders(secret: string, id: string, at: number, body: string): Headers {
  return signatureHeaders([secret], id, at, body)
}

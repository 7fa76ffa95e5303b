import { RULES } from '../app.ts'
import type { TestHttp } from '../http/http.ts'
import { SECRETS, standardHeaders } from './senders.ts'

/** A CRM that sends numbers, some of which are none. */
export const sources = (facts: string) => `sources:
  crm:
    auth: { scheme: standard-webhooks, secretFrom: [NEW_SECRET, OLD_SECRET] }
    agents: [pulse]
    matchers:
      - name: number
        match: { kind: number }
        account: 'account = "$odd" ? "odd\\u0000" : account'
        aliases: aliases
        at: at
        facts: '${facts}'
      - name: signal
        match: { kind: signal }
        account: account
        at: at
        signals: signal
      - name: slow
        match: { kind: slow }
        account: account
        facts: '{ "n": $match("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!", /^(a+)+$/) }'
      - name: news
        match: { kind: news }
        ignore: true
  hub:
    auth: { scheme: hub-signature-256, secretFrom: HUB_SECRET }
    matchers: [{ name: any, account: account, facts: '{ "n": n }' }]
`
export const STRICT = '{ name: $number(value) }'
export const LENIENT = '{ name: value = "many" ? 1000 : $number(value) }'

export const NEW = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'
export const OLD = 'whsec_b3RoZXJvdGhlcm90aGVyb3RoZXJvdGhlcg=='
export const environment = {
  ...SECRETS,
  NEW_SECRET: NEW,
  OLD_SECRET: OLD,
  HUB_SECRET: "It's a Secret to Everybody",
}
export const rules = { ...RULES, 'sources.yaml': sources(STRICT) }

let sent = 0

/** Posts as the CRM does. */
export function crmOf({ http, app }: TestHttp) {
  return async (payload: unknown, { secret = NEW, id = `msg_${++sent}` }: { secret?: string; id?: string } = {}) => {
    const text = typeof payload === 'string' ? payload : JSON.stringify(payload)
    const headers = { 'content-type': 'application/json', ...standardHeaders(secret, id, app.now(), text) }
    const reply = await http.inject({ method: 'POST', url: '/v1/webhooks/crm', headers, payload: text })
    return { status: reply.statusCode, body: reply.json(), headers: reply.headers }
  }
}

export const number = (account: string, name: string, value: unknown, at?: number) => ({
  kind: 'number',
  account,
  name,
  value,
  at,
})

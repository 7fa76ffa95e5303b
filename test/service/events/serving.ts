import type { FeedOptions } from '../../../src/app/events/feed.ts'
import { RULES } from '../app.ts'
import { listen } from '../deliveries/receiver.ts'
import { QUEUES } from '../deliveries/told.ts'
import { createEventContract } from '../http/contract.ts'
import { createTestHttp, type TestHttp } from '../http/http.ts'
import { type Listener, type ListenerOptions, startListener } from './listener.ts'

/** What agents say so that the answer is to send, to wait, or that a person decides. */
const SAID = {
  send: [{ id: 'h', agent: 'pulse', claim: 'healthy', confidence: 0.9 }],
  wait: [{ id: 'c', agent: 'churn-radar', claim: 'churn_risk', confidence: 0.82 }],
  ask: [
    { id: 'c', agent: 'churn-radar', claim: 'churn_risk', confidence: 0.82 },
    { id: 'h', agent: 'pulse', claim: 'healthy', confidence: 0.9 },
  ],
  nothing: [],
} as const

export interface Serving extends TestHttp {
  /** `http://127.0.0.1:<port>` */
  readonly url: string
  /** Asks about an account after its agents have said something, and returns the answer. */
  ask(account: string, said: keyof typeof SAID, more?: object): Promise<any>
  follow(options?: Partial<Omit<ListenerOptions, 'url'>>): Listener
}

/** The HTTP API, listening. Its question `second-look` is asked of people in a blind queue. */
export async function createServing(streams: FeedOptions['limits'] = {}): Promise<Serving> {
  const blind = RULES['expansion-outreach.yaml']!.replace(
    'decision: expansion-outreach',
    'decision: second-look',
  ).replace('queue: csm', 'queue: second-look')
  const rules = { ...RULES, 'queues.yaml': QUEUES, 'second-look.yaml': blind }
  const test = await createTestHttp({ rules, streams })
  const check = createEventContract(test.http.swagger())
  const port = await listen(test.http.server)
  const url = `http://127.0.0.1:${port}`
  return {
    ...test,
    url,
    async ask(account, said, more = {}) {
      const { status, body } = await test.call('POST', '/v1/adjudications', {
        body: {
          account,
          decision: 'expansion-outreach',
          facts: { arr: 180_000, segment: 'smb' },
          signals: SAID[said],
          ...more,
        },
      })
      if (status > 201) throw new Error(JSON.stringify(body))
      return body
    },
    follow: (options = {}) => startListener({ key: test.admin, check, ...options, url }),
  }
}

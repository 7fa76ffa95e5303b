import type { FastifyInstance, InjectOptions } from 'fastify'
import { afterAll } from 'vitest'
import { createKey, type NewKey } from '../../../src/app/keys.ts'
import { buildHttp, type HttpOptions } from '../../../src/http/app.ts'
import { createWebhooks } from '../../../src/webhooks/webhooks.ts'
import { createTestApp, type TestApp, type TestAppOptions } from '../app.ts'
import { PATIENT } from '../webhooks/limits.ts'
import { createContract } from './contract.ts'

export interface Reply {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  /** Parsed where it is JSON. */
  readonly body: any
  readonly text: string
}

export interface Call {
  readonly key?: string | undefined
  readonly headers?: Readonly<Record<string, string>>
  /** Sent as JSON; a string or a buffer as it is. */
  readonly body?: unknown
}

export interface TestHttp extends TestApp {
  readonly http: FastifyInstance
  /** Token of an admin key. */
  readonly admin: string
  /** Makes a request, and checks the answer against the OpenAPI document. */
  call(method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE', url: string, call?: Call): Promise<Reply>
  /** Makes a key and returns its token. */
  keyOf(key: Partial<NewKey> & Pick<NewKey, 'name'>): Promise<string>
}

const NO_LIMIT = { max: 1_000_000, timeWindow: 60_000 }

export interface TestHttpOptions extends TestAppOptions, Partial<HttpOptions> {
  /** What webhooks find in the environment. */
  readonly environment?: Readonly<Record<string, string>>
}

/** The HTTP API on an app and a database of its own. Call it at the top level of a file or `describe`. */
export async function createTestHttp({ environment = {}, ...options }: TestHttpOptions = {}): Promise<TestHttp> {
  const test = await createTestApp(options)
  const webhooks = createWebhooks(test.app, (name) => environment[name], PATIENT)
  afterAll(webhooks.close)
  const http = await buildHttp(test.app, {
    version: '1.2.3',
    logger: test.app.log,
    rateLimit: options.rateLimit ?? NO_LIMIT,
    metrics: test.metricsText,
    webhooks,
    calledAs: 'https://umpire.example.com',
    ...options,
  })
  afterAll(() => http.close())
  await http.ready()
  const check = createContract(http.swagger())

  async function keyOf(key: Partial<NewKey> & Pick<NewKey, 'name'>): Promise<string> {
    const made = await createKey(test.app, { principal: 'service', scopes: ['read'], agents: null, ...key })
    return made.token
  }
  const admin = await keyOf({ name: 'admin', scopes: ['admin'] })

  async function call(method: string, url: string, { key = admin, headers = {}, body }: Call = {}): Promise<Reply> {
    const isRaw = body === undefined || typeof body === 'string' || body instanceof Buffer
    const response = await http.inject({
      method: method as InjectOptions['method'] & string,
      url,
      headers: {
        ...(key && { authorization: `Bearer ${key}` }),
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body !== undefined && { payload: isRaw ? body : JSON.stringify(body) }),
    })
    const { statusCode: status, payload: text } = response
    const contentType = String(response.headers['content-type'])
    check({ method, url, status, contentType, body: text })
    return {
      status,
      headers: response.headers as Record<string, string>,
      body: contentType.includes('json') ? JSON.parse(text) : text,
      text,
    }
  }

  return { ...test, http, admin, call, keyOf }
}

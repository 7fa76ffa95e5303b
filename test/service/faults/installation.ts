import { RULES } from '../app.ts'
import type { Received, Receiver } from '../deliveries/receiver.ts'
import { SECRET } from '../deliveries/told.ts'
import { BACKENDS, type TestBackend } from '../queue/backends.ts'
import { eventually } from '../queue/eventually.ts'
import type { TestRedis } from '../queue/redis.ts'
import { rulesDirectory, type ServiceOptions, type ServiceProcess, startService } from './process.ts'

/** Both kinds of queues; a cluster's are those of Redis. */
export const QUEUES_ON: readonly TestBackend[] = BACKENDS.filter(({ name }) => name !== 'Redis Cluster')

/** Umpire as operators install it: processes with roles of their own on one database, and somebody who is told. */
export interface Installation {
  readonly crm: Receiver
  readonly redis: TestRedis | null
  start(role: 'api' | 'worker', options?: StartOptions): Promise<ServiceProcess>
}

export interface InstallationOptions {
  readonly backend: TestBackend
  readonly databaseUrl: string
  readonly crm: Receiver
  readonly queues?: string
}

export interface StartOptions extends ServiceOptions {
  readonly env?: Readonly<Record<string, string>>
}

export async function install({ backend, databaseUrl, crm, queues }: InstallationOptions): Promise<Installation> {
  const redis = await backend.start()
  const env = {
    DATABASE_URL: databaseUrl,
    REDIS_URL: redis?.url ?? '',
    UMPIRE_RULES_DIR: await rulesDirectory({ ...RULE_FILES, 'queues.yaml': queues ?? queuesTelling(crm) }),
    UMPIRE_EGRESS_ALLOW: '127.0.0.1',
    CRM_SECRET: SECRET,
  }
  return {
    crm,
    redis,
    start: (role, { args = [], ...options } = {}) =>
      startService({ ...env, ...options.env }, { ...options, args: ['--role', role, ...args] }),
  }
}

/** What accounts of a segment need a person for. */
const SEGMENTS = {
  person: '{}',
  vip: '{ priority: 50 }',
  soon: '{ due: PT4S }',
  brief: '{ queue: brief }',
  lapsing: '{ queue: lapsing, due: PT4S }',
  later: '{ queue: later, due: PT4M }',
}
export type Segment = keyof typeof SEGMENTS

const expansion = RULES['expansion-outreach.yaml']!

const RULE_FILES = {
  ...RULES,
  'expansion-outreach.yaml': expansion.replace(
    'rules:\n',
    `rules:\n${Object.entries(SEGMENTS)
      .map(
        ([segment, escalate]) =>
          `  - { id: ${segment}, when: account.segment == "${segment}", then: { escalate: ${escalate}, because: People decide } }\n`,
      )
      .join('')}`,
  ),
  'anger.yaml': expansion
    .replace('decision: expansion-outreach', 'decision: anger')
    .replace('review:', 'adjudicateOn: [signal]\nreview:')
    .replace('churn_risk:', 'angry_customer: { pointsAt: [at_risk] }\n  churn_risk:')
    .replace(
      'rules:\n',
      `rules:
  - id: angry
    when: signals.exists(s, s.claim == "angry_customer")
    then: { veto: [send_expansion_email], escalate: { priority: 100 }, because: The angry hear from a person }
`,
    ),
}

/** `crm` is told of all that happens in all queues. */
function queuesTelling({ url }: Receiver): string {
  return `
queues:
  csm: {}
  brief: { lease: PT1S }
  lapsing: { onExpiry: fallback }
  later: { lease: PT4M, onExpiry: fallback }
notify:
  - { name: crm, webhook: '${url}', secretFrom: CRM_SECRET }
`
}

/** Asks about an account whose segment needs a person, and returns the answer. */
export async function ask(service: ServiceProcess, account: string, segment: Segment): Promise<any> {
  const { status, body } = await service.call('POST', '/v1/adjudications', question(account, segment))
  if (status !== 201) throw new Error(`answered ${status}: ${JSON.stringify(body)}`)
  return body
}

export function question(account: string, segment: Segment): object {
  return { account, decision: 'expansion-outreach', facts: { arr: 180_000, segment } }
}

/** An item with its history, as people see it. */
export async function itemOf(service: ServiceProcess, id: string): Promise<any> {
  return (await service.call('GET', `/v1/escalations/${id}`)).body
}

/** All pages of a list of the API. */
export async function listAll(
  service: ServiceProcess,
  list: 'adjudications' | 'escalations' | 'deliveries',
): Promise<readonly any[]> {
  const all: any[] = []
  for (let cursor: string | null = ''; cursor !== null; ) {
    const after: string = cursor && `&cursor=${cursor}`
    const { body } = await service.call('GET', `/v1/${list}?limit=200${after}`)
    all.push(...body[list])
    cursor = body.next
  }
  return all
}

/** What a receiver has been told about an escalation. */
export interface Told {
  readonly id: string
  readonly event: string
  readonly escalation: string
}

export function toldTo({ received }: Pick<Receiver, 'received'>): readonly Told[] {
  return received.map(read)
}

/** Read once, however often somebody looks. */
const read = memoized(({ headers, body }: Received): Told => {
  const { type, data } = JSON.parse(body)
  return { id: String(headers['webhook-id']), event: type, escalation: data.escalation.id }
})

function memoized<K extends object, V>(compute: (key: K) => V): (key: K) => V {
  const known = new WeakMap<K, V>()
  return (key) => {
    const value = known.get(key) ?? compute(key)
    known.set(key, value)
    return value
  }
}

/** Waits until no notice is on its way any more. */
export async function allSettled(service: ServiceProcess, within: number): Promise<void> {
  await eventually(async () => {
    const { body } = await service.call('GET', '/v1/deliveries?status=pending&limit=1')
    return body.deliveries.length === 0
  }, within)
}

/** Waits until each of the escalations was told to have been opened. */
export async function allOpened(crm: Receiver, escalations: Iterable<string>, within?: number): Promise<void> {
  await eventually(() => {
    const opened = new Set(toldTo(crm).flatMap(({ event, escalation }) => (event === OPENED ? [escalation] : [])))
    return [...escalations].every((id) => opened.has(id))
  }, within)
}

export const OPENED = 'escalation.opened'

/** What an item's history says that people had to be told. */
export function noticesOf({ id, history, resolution }: any): readonly string[] {
  return history.flatMap(({ kind, changed }: { kind: string; changed: object | null }) => {
    if (kind === 'opened') return [`${id} escalation.opened`]
    if (kind === 'changed' && changed !== null) return [`${id} escalation.changed`]
    if (kind === 'reminded') return [`${id} escalation.reminder`]
    if (kind === 'overdue') return [`${id} escalation.overdue`]
    if (kind !== 'resolved' && kind !== 'expired') return []
    return [`${id} escalation.resolved`, ...(resolution.action === null ? [] : [`${id} adjudication.resolved`])]
  })
}

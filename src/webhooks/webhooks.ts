import type { App } from '../app/app.ts'
import { Problem } from '../app/problem.ts'
import type { Source, Sources } from '../core/sources.ts'
import { hasCome, rememberRequest } from '../storage/webhook-requests.ts'
import { authenticate, type Credentials, credentialsOf, type Environment } from './authenticate.ts'
import { keepRejected, mapAndTakeIn, type Outcome, reject } from './intake.ts'
import { createMapper, type Limits, type Mapper } from './mapping/mapper.ts'
import { isFailed, readEvents } from './read.ts'
import { withoutSession } from './salesforce.ts'
import type { Once, Posted } from './schemes/scheme.ts'

/** What became of a request to a webhook. */
export interface Received {
  readonly source: string
  /** Whether it had come before: nothing was done. */
  readonly duplicate: boolean
  /** Events by what became of them. */
  readonly taken: number
  readonly ignored: number
  readonly rejected: number
}

/** Who may post, and the stages through which passes what they do. */
export interface Webhooks {
  readonly mapper: Mapper
  /**
   * The source of that name, which can be heard.
   * @throws Problem `not_found`, `source_disabled`
   */
  source(name: string): Source
  /** @throws Problem `sender_not_authenticated` */
  authenticate(source: Source, posted: Posted): readonly Once[]
  /**
   * Takes in what an authenticated request brings, and keeps what can't be taken in.
   * @throws Problem where it is to be sent again, or says nothing that could be kept
   */
  receive(source: Source, posted: Posted, once: readonly Once[]): Promise<Received>
  /** What sources lack, for people. */
  troubles(): readonly Trouble[]
  close(): Promise<void>
}

/** @param limits of the expressions of sources */
export function createWebhooks(app: App, environment: Environment, limits?: Limits): Webhooks {
  const processes = createMapper(limits)
  const known = new WeakMap<Source, Credentials>()

  function credentials(source: Source): Credentials {
    const found = known.get(source) ?? credentialsOf(source, environment)
    known.set(source, found)
    return found
  }

  return {
    mapper: processes,

    source(name) {
      const source = app.rules.active.sources.get(name)
      if (source === undefined)
        throw new Problem('not_found', `no source \`${name}\`; sources.yaml declares who may post`)
      const { missing } = credentials(source)
      if (missing !== null) throw new Problem('source_disabled', `source \`${name}\` is off: ${missing}`)
      return source
    },

    authenticate(source, posted) {
      const verdict = authenticate(source, credentials(source).secrets, posted, app.now())
      if (verdict.ok) return verdict.once
      throw new Problem('sender_not_authenticated', verdict.reason)
    },

    async receive(source, posted, once) {
      const { name } = source
      const now = app.now()
      const keys = once.map(({ key }) => key)
      if (await hasCome(app.db, name, keys, now)) return { ...summaryOf(name, []), duplicate: true }
      const { organization } = credentials(source)
      const receivedAt = new Date(now).toISOString()
      const mapper = processes.forRequest()
      const events = await readEvents(mapper, source, { body: posted.body, organization, receivedAt })
      let outcomes: readonly Outcome[]
      if (isFailed(events)) {
        const { matcher, reason } = events
        const sent = posted.body.toString()
        const event = source.format === 'salesforce' ? withoutSession(sent) : sent
        const whole = { id: app.newId(), source: name, account: null, whole: true, event }
        await reject(app, name, [{ ...whole, matcher, reason }], now)
        outcomes = [{ kind: 'rejected', matcher, account: null, reason }]
      } else {
        outcomes = await mapAndTakeIn(app, mapper, source, events, { now, receivedAt: null })
        await keepRejected(app, source, events, outcomes, now)
      }
      // Not before: what is lost on the way is to be sent again.
      await rememberRequest(
        app.db,
        name,
        once.map(({ key, keepFor }) => ({ key, until: now + keepFor })),
      )
      const received = summaryOf(name, outcomes)
      for (const result of ['taken', 'ignored', 'rejected'] as const) app.metrics.posted(name, result, received[result])
      return received
    },

    troubles: () => troublesOf(app.rules.active.sources, environment),

    close: processes.close,
  }
}

/** What a source lacks in its environment. */
export interface Trouble {
  readonly source: string
  readonly reason: string
  /** Whether it is not heard because of that. */
  readonly off: boolean
}

export function troublesOf(sources: Sources, environment: Environment): readonly Trouble[] {
  return [...sources.values()].flatMap((source): Trouble | readonly Trouble[] => {
    const { missing, faults } = credentialsOf(source, environment)
    if (missing !== null) return { source: source.name, reason: missing, off: true }
    return faults.map((reason) => ({ source: source.name, reason, off: false }))
  })
}

function summaryOf(source: string, outcomes: readonly Outcome[]): Received {
  const count = (kind: Outcome['kind']) => outcomes.filter((outcome) => outcome.kind === kind).length
  return { source, duplicate: false, taken: count('taken'), ignored: count('ignored'), rejected: count('rejected') }
}

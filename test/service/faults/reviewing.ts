import { v7 as uuid } from 'uuid'
import { expect } from 'vitest'
import { eventually } from '../queue/eventually.ts'
import { question, type Segment } from './installation.ts'
import type { Answer, ServiceProcess } from './process.ts'
import type { Random } from './random.ts'

const ASKERS = 3
const REVIEWERS = ['maria', 'ben', 'chen', 'dana']
/** How many of the newest items reviewers reach for, so that they collide. */
const DESK = 12
/** They take their time, up to this. Milliseconds. */
const ASKERS_PAUSE = 250
const REVIEWERS_PAUSE = 80

/** What became of something that was sent: cut short, it may have been done or not. */
type Fate = 'acknowledged' | 'refused' | 'unknown'

/** One thing that somebody wanted done to an item. */
interface Attempt {
  readonly escalation: string
  readonly kind: 'claimed' | 'commented' | 'resolved'
  readonly by: string
  /** Of comments and resolutions, unlike any other. */
  readonly comment: string | null
  readonly fate: Fate
}

/** People and agents at work, until they are told to stop; each keeps book of what was acknowledged. */
export function startReviewing(api: () => ServiceProcess | undefined, random: Random) {
  const attempts: Attempt[] = []
  const adjudications = new Set<string>()
  /** In the order in which they were heard of. */
  const escalations: string[] = []
  /** Questions that may have been answered, by account. */
  const asked = new Map<string, number>()
  let stopped = false
  const pick = <T>(list: readonly T[]): T | undefined => list[Math.floor(random() * list.length)]

  /** At work, not waiting for anything to have happened. */
  const pause = (atMost: number) => new Promise((resolve) => setTimeout(resolve, random() * atMost))

  /** Sends until there is an answer, under one key, as good clients do. Null: it was cut short, and nobody knows. */
  async function insist(route: string, body: object): Promise<Answer | null> {
    const headers = { 'idempotency-key': uuid() }
    for (;;) {
      try {
        const answer = await api()?.call('POST', route, body, headers)
        if (answer?.body.code === 'idempotency_in_progress') return null
        if (answer && answer.status < 500) return answer
      } catch (error) {
        if (!(error instanceof TypeError)) throw error
      }
      await pause(20)
    }
  }

  async function asker(name: number): Promise<void> {
    for (let n = 0; !stopped; n++) {
      const account = `asked-${name}-${n}`
      for (const segment of ['person', 'vip'] satisfies Segment[]) {
        asked.set(account, (asked.get(account) ?? 0) + 1)
        const answer = await insist('/v1/adjudications', question(account, segment))
        await pause(ASKERS_PAUSE)
        if (!answer) continue
        expect(answer.status).toBe(201)
        adjudications.add(answer.body.id)
        escalations.push(answer.body.escalation.id)
        if (random() < 0.5) break
      }
    }
  }

  async function attempt(escalation: string, kind: Attempt['kind'], by: string): Promise<Fate> {
    const comment = kind === 'claimed' ? null : `${kind} ${uuid()}`
    const resolution = kind === 'resolved' && { resolution: 'uphold', reason: 'agreed' }
    const answer = await insist(`/v1/escalations/${escalation}/${ROUTES[kind]}`, {
      reviewer: by,
      ...(comment && { comment }),
      ...resolution,
    })
    if (answer) expect([200, 409]).toContain(answer.status)
    const fate = answer === null ? 'unknown' : answer.status === 200 ? 'acknowledged' : 'refused'
    attempts.push({ escalation, kind, by, comment, fate })
    await pause(REVIEWERS_PAUSE)
    return fate
  }

  async function reviewer(name: string): Promise<void> {
    while (!stopped) {
      const escalation = pick(escalations.slice(-DESK))
      if (escalation === undefined) {
        await pause(REVIEWERS_PAUSE)
        continue
      }
      if (random() < 0.7 && (await attempt(escalation, 'claimed', name)) === 'refused') continue
      if (random() < 0.7) await attempt(escalation, 'commented', name)
      if (random() < 0.7) await attempt(escalation, 'resolved', name)
    }
  }

  const work = Promise.all([...Array.from({ length: ASKERS }, (_, n) => asker(n)), ...REVIEWERS.map(reviewer)])
  const acknowledged = () => adjudications.size + attempts.filter(({ fate }) => fate === 'acknowledged').length

  return {
    acknowledged,
    reached: (count: number) => eventually(() => acknowledged() >= count, 90_000),
    async stop() {
      stopped = true
      await work
    },
    /** What was acknowledged was done once, what nobody answered at most once, and nothing else was. */
    expectKept(kept: { readonly adjudications: readonly any[]; readonly items: readonly any[] }) {
      expect(missing(adjudications, kept.adjudications)).toEqual([])
      expect(missing(escalations, kept.items)).toEqual([])
      for (const [account, count] of asked) {
        expect(kept.adjudications.filter((one) => one.account === account).length).toBeLessThanOrEqual(count)
      }
      for (const { id, history } of kept.items) expectHistory(attempts, id, history)
    },
  }
}

function missing(ids: Iterable<string>, from: readonly { readonly id: string }[]): readonly string[] {
  const there = new Set(from.map(({ id }) => id))
  return [...ids].filter((id) => !there.has(id))
}

const ROUTES = { claimed: 'claim', commented: 'comment', resolved: 'resolve' }

interface Step {
  readonly kind: string
  readonly by: string
  readonly comment: string | null
}

function expectHistory(attempts: readonly Attempt[], id: string, history: readonly Step[]): void {
  const count = (kind: string) => history.filter((step) => step.kind === kind).length
  expect(count('opened')).toBe(1)
  expect(count('resolved')).toBeLessThanOrEqual(1)

  const steps = history.filter(({ kind }) => kind in ROUTES).map(signature)
  const wanted = (fates: readonly Fate[]) =>
    attempts.filter(({ escalation, fate }) => escalation === id && fates.includes(fate)).map(signature)
  const left = without(steps, wanted(['acknowledged']))
  expect(left.missing).toEqual([])
  expect(without(wanted(['unknown']), left.rest).missing).toEqual([])
}

const signature = ({ kind, by, comment }: Step | Attempt): string => [kind, by, comment].join(' ')

/** Takes each of `some` out of `all` once. */
function without(all: readonly string[], some: readonly string[]): { rest: string[]; missing: string[] } {
  const rest = [...all]
  const missing = some.filter((one) => {
    const at = rest.indexOf(one)
    if (at >= 0) rest.splice(at, 1)
    return at < 0
  })
  return { rest, missing }
}

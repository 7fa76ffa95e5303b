import type { Context } from '@opentelemetry/api'
import type { Pool } from 'pg'
import { Conflict, commit } from '../storage/commit.ts'
import { load, type Wanted } from '../storage/load.ts'
import { currentContext, sharedSpan, within } from '../telemetry/spans.ts'
import { Book, NotLoaded } from './book.ts'
import { Problem } from './problem.ts'

/** A request as the desk takes it: what it must know, and how it is served once that is known. */
export interface Work<T> extends Partial<Wanted> {
  /** Decides and writes into the book. Runs again, on a new book, when another was quicker. */
  serve(book: Book): T
}

/**
 * Where requests that arrive together are served together: one round trip loads what all of them need, one commits
 * what all of them write, and none is answered before that (group commit). Accounts are spread over a few lanes,
 * so that one lane computes while another waits for the database, and an account is always in the same lane.
 *
 * Across processes the audit stream of each account decides: two that append the same sequence can't both commit,
 * and the later one loads and decides again.
 */
export interface Desk {
  /**
   * @returns what `serve` returned, once everything it wrote is durable
   * @throws Problem `overloaded` when too many wait, or others always write to the same streams first; what `serve`
   *   threw, and then nothing that it wrote is kept; the database's error, when it is away
   */
  submit<T>(work: Work<T>): Promise<T>
  /** Accounts of one lane can be served by one piece of work. */
  laneOf(account: string): number
  /** Resolves when nothing waits any more. */
  drained(): Promise<void>
}

export interface DeskOptions {
  readonly pool: Pool
  readonly now: () => number
  /** Called after a commit that left jobs in the outbox. */
  readonly onOutbox?: () => void
  /** Called after a commit with events in it. */
  readonly onEvents?: () => void
  readonly lanes?: number
}

interface Waiting {
  readonly work: Work<unknown>
  readonly context: Context
  readonly resolve: (value: unknown) => void
  readonly reject: (reason: unknown) => void
}

type Outcome = { readonly value: unknown } | { readonly error: unknown }

const BATCH = 256
const WAITING_AT_MOST = 20_000
const TRIES = 8

export function createDesk({ pool, now, onOutbox, onEvents, lanes = 2 }: DeskOptions): Desk {
  const queues: Waiting[][] = Array.from({ length: lanes }, () => [])
  const running: (Promise<void> | null)[] = queues.map(() => null)
  let waiting = 0

  async function serveTogether(batch: readonly Waiting[]): Promise<Outcome[]> {
    const contexts = batch.map(({ context }) => context)
    const wanted = merge(batch.map(({ work }) => work))
    for (let tries = 1; ; tries++) {
      const book = new Book(await sharedSpan('load', contexts, () => load(pool, wanted)), now())
      try {
        const outcomes = batch.map(({ work, context }) => within(context, () => attempt(book, work)))
        await sharedSpan('commit', contexts, () => commit(pool, book.writes))
        if (book.writes.inserts.has('outbox')) onOutbox?.()
        if (book.writes.inserts.has('events')) onEvents?.()
        return outcomes
      } catch (error) {
        if (error instanceof NotLoaded && !wanted.faults.includes(error.fault)) {
          wanted.faults.push(error.fault)
          tries--
        } else if (!(error instanceof Conflict) || tries === TRIES) throw error
      }
    }
  }

  /** One request that fails must not take the others with it: then each goes alone. */
  async function serve(batch: readonly Waiting[]): Promise<void> {
    let outcomes: Outcome[]
    try {
      outcomes = await serveTogether(batch)
    } catch (error) {
      if (batch.length > 1 && isOfOne(error)) {
        for (const one of batch) await serve([one])
        return
      }
      outcomes = batch.map(() => ({ error: told(error) }))
    }
    batch.forEach(({ resolve, reject }, i) => {
      const outcome = outcomes[i]!
      if ('error' in outcome) reject(outcome.error)
      else resolve(outcome.value)
    })
  }

  async function run(lane: number): Promise<void> {
    const queue = queues[lane]!
    while (queue.length > 0) {
      const batch = queue.splice(0, BATCH)
      await serve(batch)
      waiting -= batch.length
    }
    running[lane] = null
  }

  function laneOf(account: string): number {
    let hash = 0
    for (let i = 0; i < account.length; i++) hash = (hash * 31 + account.charCodeAt(i)) | 0
    return (hash >>> 0) % lanes
  }

  return {
    laneOf,
    submit<T>(work: Work<T>): Promise<T> {
      if (waiting >= WAITING_AT_MOST) {
        return Promise.reject(new Problem('overloaded', 'too many requests are waiting; try again in a moment'))
      }
      const lane = laneOf(work.accounts?.[0] ?? work.trails?.[0] ?? work.faults?.[0] ?? '')
      waiting++
      return new Promise<T>((resolve, reject) => {
        queues[lane]!.push({ work, context: currentContext(), resolve: resolve as (value: unknown) => void, reject })
        running[lane] ??= Promise.resolve().then(() => run(lane))
      })
    },
    async drained() {
      while (running.some((lane) => lane !== null)) await Promise.all(running)
    },
  }
}

/** Threw after it had written: its cause. The book can't be committed any more. */
class HalfServed extends Error {}

/** @throws HalfServed, NotLoaded */
function attempt(book: Book, work: Work<unknown>): Outcome {
  const before = book.writes.size
  try {
    return { value: work.serve(book) }
  } catch (error) {
    if (error instanceof NotLoaded) throw error
    if (book.writes.size > before) throw new HalfServed('', { cause: error })
    return { error }
  }
}

/** Faults are added to it: what can't be evaluated shows when it is tried. */
function merge(works: readonly Work<unknown>[]): Wanted & { readonly faults: string[] } {
  const accounts = new Set<string>()
  const trails = new Set<string>()
  const agents = new Set<string>()
  const said = new Set<string>()
  const escalations = new Set<string>()
  const faults = new Set<string>()
  const leases = new Set<string>()
  let takenSince: number | null = null
  for (const work of works) {
    for (const account of work.accounts ?? []) accounts.add(account)
    for (const account of work.trails ?? []) trails.add(account)
    for (const agent of work.agents ?? []) agents.add(agent)
    for (const account of work.said ?? []) said.add(account)
    for (const id of work.escalations ?? []) escalations.add(id)
    for (const fault of work.faults ?? []) faults.add(fault)
    for (const id of work.leases ?? []) leases.add(id)
    if (work.takenSince != null) takenSince = Math.min(work.takenSince, takenSince ?? work.takenSince)
  }
  return {
    accounts: [...accounts],
    trails: [...trails].filter((account) => !accounts.has(account)),
    agents: [...agents],
    said: [...said],
    escalations: [...escalations],
    faults: [...faults],
    leases: [...leases],
    takenSince,
    signals: works.flatMap((work) => work.signals ?? []),
    outcomes: works.flatMap((work) => work.outcomes ?? []),
  }
}

/** Whether a batch may have failed for what one of its requests is or writes, and not because the database is away. */
function isOfOne(error: unknown): boolean {
  const { code } = error as { code?: unknown }
  return error instanceof HalfServed || error instanceof Conflict || (typeof code === 'string' && /^2[123]/.test(code))
}

/** What the caller hears of what went wrong with its request alone. */
function told(error: unknown): unknown {
  if (error instanceof HalfServed) return error.cause
  if (!(error instanceof Conflict)) return error
  return new Problem('overloaded', 'too many write to the same account at once; try again in a moment', {
    cause: error,
  })
}

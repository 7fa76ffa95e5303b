import { holderOf, isWaiting } from '../../core/escalation/escalation.ts'
import { type Candidate, readCandidates } from '../../storage/next.ts'
import type { App } from '../app.ts'
import type { Principal } from '../principal.ts'
import { demandQueue, type OnBehalf, writeClaim } from './claims.ts'
import type { ItemView } from './item-view.ts'
import { type Reviewer, reviewerOf } from './reviewer.ts'
import { takeTurn } from './steps.ts'

/**
 * Takes the item of a queue that should be decided first, of those for everybody and those for the reviewer.
 * @returns null where none waits
 * @throws Problem `forbidden`; `invalid_request` where there is no such queue
 */
export async function claimNext(
  app: App,
  principal: Principal,
  queue: string,
  { reviewer }: OnBehalf,
): Promise<ItemView | null> {
  const by = reviewerOf(principal, reviewer)
  const counter = counterOf(app, queue)
  for (;;) {
    const candidate = await counter.draw(by)
    // A misspelt queue would seem empty for ever; one that is no longer declared may still hold items.
    if (candidate === null) {
      demandQueue(app, queue)
      return null
    }
    try {
      const item = await claimIfFree(app, by, candidate)
      if (item) return item
    } finally {
      counter.putBack(candidate)
    }
  }
}

/** @returns null where another process was quicker */
async function claimIfFree(app: App, by: Reviewer, candidate: Candidate): Promise<ItemView | null> {
  return takeTurn(app, candidate, (turn) => {
    const isFree = isWaiting(turn.item) && holderOf(turn.item, turn.book.now) === null
    return isFree ? writeClaim(app, turn, by) : null
  })
}

interface Asking {
  readonly by: Reviewer
  readonly resolve: (drawn: Candidate | null) => void
  readonly reject: (reason: unknown) => void
}

/** The first so many items that nobody holds and that one of the people may take. */
type Look = (people: readonly string[], limit: number) => Promise<readonly Candidate[]>

/**
 * Hands out the items of one queue. Reviewers who ask while it looks are served together by its next look, each with
 * an item of their own, so that not all run for the first one. Other processes hand out on their own, and whoever
 * loses to them draws again.
 */
class Counter {
  readonly #look: Look
  /** Handed out and not put back. */
  readonly #out = new Set<string>()
  /** Put back since the look began, which may still have seen them as they were before. */
  readonly #putBack = new Set<string>()
  #asking: Asking[] = []
  #isServing = false

  constructor(look: Look) {
    this.#look = look
  }

  /** @returns null where nothing is left for them */
  draw(by: Reviewer): Promise<Candidate | null> {
    return new Promise((resolve, reject) => {
      this.#asking.push({ by, resolve, reject })
      if (!this.#isServing) void this.#serve()
    })
  }

  putBack({ id }: Candidate): void {
    this.#out.delete(id)
    this.#putBack.add(id)
  }

  async #serve(): Promise<void> {
    this.#isServing = true
    // Those who come at the same moment are served by the first look already.
    await Promise.resolve()
    while (this.#asking.length > 0) {
      const served = this.#asking.splice(0)
      try {
        await this.#handOut(served)
      } catch (error) {
        for (const { reject } of served) reject(error)
      }
    }
    this.#isServing = false
  }

  async #handOut(served: readonly Asking[]): Promise<void> {
    let left = served
    while (left.length > 0) {
      this.#putBack.clear()
      const limit = left.length + this.#out.size
      const people = [...new Set(left.map(({ by }) => by.name))]
      const seen = await this.#look(people, limit)
      const free = new Set(seen.filter(({ id }) => !this.#out.has(id) && !this.#putBack.has(id)))
      left = left.filter(({ by, resolve }) => {
        const drawn = [...free].find(({ assignee }) => assignee === null || assignee === by.name)
        if (!drawn) return true
        free.delete(drawn)
        this.#out.add(drawn.id)
        resolve(drawn)
        return false
      })
      // There is no more than was seen: those that are left go without. Else what was seen was for others, or stale.
      if (seen.length < limit && this.#putBack.size === 0) {
        for (const { resolve } of left) resolve(null)
        return
      }
    }
  }
}

const counters = new WeakMap<App, Map<string, Counter>>()

function counterOf(app: App, queue: string): Counter {
  const ofApp = counters.get(app) ?? new Map<string, Counter>()
  counters.set(app, ofApp)
  const counter =
    ofApp.get(queue) ?? new Counter((people, limit) => readCandidates(app.db, queue, people, app.now(), limit))
  ofApp.set(queue, counter)
  return counter
}

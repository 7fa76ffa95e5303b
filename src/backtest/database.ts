import type { Kysely } from 'kysely'
import { isRecord } from '../app/history.ts'
import { overlaid } from '../app/question.ts'
import type { AdjudicationRecord } from '../app/record.ts'
import type { Disposition } from '../core/model.ts'
import { listAdjudications, type StoredAdjudication } from '../storage/adjudications.ts'
import { bodyOf } from '../storage/chain.ts'
import type { Database } from '../storage/database.ts'
import {
  countPast,
  newestTime,
  type Place,
  placeKey,
  readDecided,
  readFactsAt,
  readOverridesAt,
  readSignalsAt,
  readStatesAfter,
  readTaken,
  withSnapshot,
} from '../storage/past.ts'
import type { Case, CaseBatch, PastAgent } from './case.ts'
import { BacktestError } from './failure.ts'
import type { History, Piece } from './history.ts'

export interface DatabaseOptions {
  /** How far back, in milliseconds. */
  readonly since: number
  /** From when back, in milliseconds since the epoch; null: the newest adjudication. */
  readonly now: number | null
  /** Only of this decision; null: of all. */
  readonly decision: string | null
}

const PAGE = 500

/** Ids sort by the clocks of the processes that made them; those are no further apart than this, in milliseconds. */
const SKEW = 24 * 3_600_000

/**
 * Every recorded adjudication of a span of time, newest first, as it was asked; the whole of it as the database is now,
 * as long as `work` takes.
 *
 * @throws BacktestError where there is none
 */
export async function withDatabase<T>(
  db: Kysely<Database>,
  { since, now, decision }: DatabaseOptions,
  work: (history: History) => Promise<T>,
): Promise<T> {
  return withSnapshot(db, async (snapshot) => {
    const until = now ?? (await newestTime(snapshot, decision))
    const span = { from: (until ?? 0) - since, until: until ?? 0 }
    const total = until === null ? 0 : await countPast(snapshot, decision, span.from, span.until)
    if (total === 0) {
      const what = decision === null ? 'adjudication' : `adjudication of \`${decision}\``
      throw new BacktestError(
        now === null
          ? `the database has no ${what} yet; \`umpire backtest\` can replay files instead`
          : `the database has no ${what} of that time; ask for more with --since`,
      )
    }
    return work({ source: 'database', total, pieces: () => pieces(snapshot, decision, span) })
  })
}

interface Span {
  /** Milliseconds since the epoch, both inclusive. */
  readonly from: number
  readonly until: number
}

async function* pieces(db: Kysely<Database>, decision: string | null, span: Span): AsyncIterable<Piece> {
  let before: string | undefined
  for (;;) {
    const page = await listAdjudications(db, { decision: decision ?? undefined }, before, PAGE)
    const within = page.filter(({ at }) => at.getTime() >= span.from && at.getTime() <= span.until)
    if (within.length > 0) yield { kind: 'cases', ...(await casesOf(db, within)) }
    const isOver = page.every(({ at }) => at.getTime() < span.from - SKEW)
    if (page.length < PAGE || isOver) return
    before = page.at(-1)?.id
  }
}

interface Recorded {
  readonly stored: StoredAdjudication
  readonly record: AdjudicationRecord
}

/** The questions that were asked, with what became known of them; all that they need in a query each. */
export async function casesOf(db: Kysely<Database>, page: readonly StoredAdjudication[]): Promise<CaseBatch> {
  const recorded = page.flatMap((stored): Recorded[] => {
    const record = recordOf(stored)
    return record === null ? [] : [{ stored, record }]
  })
  const distinct = (places: readonly Place[]) => [...new Map(places.map((place) => [placeKey(place), place])).values()]
  const known = ({ sequence }: Place) => sequence > 0
  const facts = await readFactsAt(db, distinct(recorded.map(factsOf).filter(known)))
  const signals = await readSignalsAt(db, distinct(recorded.flatMap(signalsOf)))
  const taken = await readTaken(db, [...new Set(recorded.map(({ stored: { account } }) => account))])
  const overrides = await readOverridesAt(db, distinct(recorded.flatMap(agentsOf).filter(known)))
  const states = await readStatesAfter(
    db,
    recorded.map(({ stored: { account, at }, record: { decision } }) => ({ account, decision, at })),
  )
  const escalations = new Set(recorded.flatMap(({ record: { escalation } }) => escalation ?? []))
  const decided = await readDecided(db, [...escalations])

  const cases = recorded.flatMap((one, n): Case[] => {
    const { stored, record } = one
    const heard = signalsOf(one).flatMap((place) => signals.get(placeKey(place)) ?? [])
    const agents = agentsOf(one).flatMap((place): PastAgent[] => {
      const said = overrides.get(placeKey(place))
      return known(place) && said === undefined ? [] : [{ ...place, overrides: said ?? null }]
    })
    if (heard.length < record.signals.length || agents.length < record.agents.length) return []
    return [
      {
        id: record.id,
        link: `/v1/adjudications/${record.id}`,
        account: stored.account,
        decision: record.decision,
        now: stored.at.getTime(),
        dated: true,
        draw: record.draw,
        facts: overlaid(facts.get(placeKey(factsOf(one))) ?? {}, record.overlay),
        signals: heard,
        agents,
        proposal: record.proposal ?? null,
        taken: (taken.get(stored.account) ?? []).filter(({ sequence }) => sequence < stored.sequence),
        state: states[n] ?? null,
        resolved: (record.escalation && decided.get(record.escalation)) ?? null,
        recorded: {
          ruleset: record.ruleset,
          action: record.figures.action,
          disposition: record.figures.disposition as Disposition,
          ruled: record.ruling !== undefined,
        },
      },
    ]
  })
  return { cases, accountsWithoutOutcome: 0, erased: page.length - cases.length }
}

/** What is kept of an adjudication; null where it has been erased, or is not what was recorded. */
export function recordOf({ id, payload }: StoredAdjudication): AdjudicationRecord | null {
  if (payload === null) return null
  try {
    const record = bodyOf<unknown>(payload)
    return isRecord(record) && record.id === id ? record : null
  } catch (error) {
    if (error instanceof SyntaxError) return null
    throw error
  }
}

const factsOf = ({ stored, record }: Recorded): Place => ({ name: stored.account, sequence: record.facts })

const signalsOf = ({ stored, record }: Recorded): readonly Place[] =>
  record.signals.map((sequence) => ({ name: stored.account, sequence }))

const agentsOf = ({ record }: Recorded): readonly Place[] =>
  record.agents.map(([name, sequence]) => ({ name, sequence }))

import type { App } from '../app/app.ts'
import { byCost, byDecision, type Stance } from '../core/comparison.ts'
import { asksPerson } from '../core/recommend.ts'
import { readDecided, readStatesAfter } from '../storage/past.ts'
import type { ShadowAnswer } from '../storage/shadow-answers.ts'
import type { FlipEvidence } from './report.ts'
import { askableAgain } from './shadow-again.ts'
import { ask, priceOf } from './side.ts'

/** What became known since, of the newest flips. */
export interface ShadowEvidence extends FlipEvidence {
  /** How many were looked at. */
  readonly flips: number
}

/**
 * Holds flips of a shadow against what became known: by the true state where it did, by what a person decided where not.
 * @param ruleset hash of the shadow set
 */
export async function evidenceOf(app: App, ruleset: string, flips: readonly ShadowAnswer[]): Promise<ShadowEvidence> {
  const none = () => ({ agree: 0, contradict: 0, neither: 0 })
  const evidence = { flips: flips.length, outcomes: none(), people: none(), unknown: 0 }
  if (flips.length === 0) return evidence
  const states = await readStatesAfter(app.db, flips)
  const decided = await readDecided(app.db, [...new Set(flips.flatMap(({ escalation }) => escalation ?? []))])
  const known = flips.filter((_, i) => states[i] !== null)
  const extra = await extraCosts(app, ruleset, known)
  for (const { adjudication, escalation, active, candidate } of flips) {
    const cost = extra.get(adjudication)
    const action = escalation === null ? undefined : decided.get(escalation)
    if (cost !== undefined) evidence.outcomes[byCost(cost)] += 1
    else if (action !== undefined && candidate !== null) evidence.people[byDecision(action, active, candidate)] += 1
    else evidence.unknown += 1
  }
  return evidence
}

/**
 * What the shadow's answers would have cost more in the states that turned out to be true, by its own costs and by the id of
 * the adjudication. Those that can't be asked again, or have no price there, are left out; all where the set can't be read.
 */
async function extraCosts(
  app: App,
  hash: string,
  flips: readonly ShadowAnswer[],
): Promise<ReadonlyMap<string, number>> {
  const given = new Map(flips.map(({ adjudication, active }) => [adjudication, active]))
  const extra = new Map<string, number>()
  for (const { id, case: one, decision, side } of await askableAgain(app, hash, flips)) {
    const active = given.get(id)
    if (!active || one.state === null) continue
    const said = ask(side, decision, one)
    const [theirs, ours] = [priceOf(sideOf(active), said, one.state), priceOf(said, said, one.state)]
    if (theirs !== null && ours !== null) extra.set(id, ours - theirs)
  }
  return extra
}

const sideOf = ({ action, disposition }: Stance) => ({ action, asks: asksPerson(disposition) })

import { type UnitWeights, weightsOf } from '../core/stats/bootstrap.ts'
import type { Case, CaseBatch } from './case.ts'
import { type AgentsTally, addAgents, mergeAgents } from './measures/agents.ts'
import { addCalibration, type CalibrationTally, emptyCalibration, mergeCalibration } from './measures/calibration.ts'
import { type Compared, count, SIDES } from './measures/compared.ts'
import { addCosts, type CostsTally, emptyCosts, mergeCosts } from './measures/costs.ts'
import { addFlip, emptyFlips, type FlipsTally, mergeFlips } from './measures/flips.ts'
import { addPeople, emptyPeople, mergePeople, type PeopleTally } from './measures/people.ts'
import { addThresholds, emptyThresholds, mergeThresholds, type ThresholdsTally } from './measures/thresholds.ts'
import type { Pair } from './report.ts'
import { ask, type Side } from './side.ts'

/**
 * Sums from which a report is made. Adding those of two parts gives those of the whole, so that parts are counted in any
 * thread; as they are numbers of the machine, the last digit depends on how history was cut, never on who counted.
 */
export interface Tally {
  readonly decisions: Map<string, DecisionTally>
  /** Questions by decision that a set lacks. */
  readonly notCompared: Map<string, number>
  /** Milliseconds since the epoch; infinite: no question has a time. */
  from: number
  to: number
  undated: number
  accountsWithoutOutcome: number
  erased: number
  ruled: number
  recorded: number
  reproduced: number
}

export interface DecisionTally {
  questions: number
  withOutcome: number
  withResolution: number
  readonly unknownStates: Pair<Map<string, number>>
  readonly flips: FlipsTally
  readonly costs: CostsTally
  readonly thresholds: ThresholdsTally
  readonly people: Pair<PeopleTally>
  readonly calibration: Pair<CalibrationTally>
  readonly agents: AgentsTally
}

export function emptyTally(): Tally {
  return {
    decisions: new Map(),
    notCompared: new Map(),
    from: Number.POSITIVE_INFINITY,
    to: Number.NEGATIVE_INFINITY,
    undated: 0,
    accountsWithoutOutcome: 0,
    erased: 0,
    ruled: 0,
    recorded: 0,
    reproduced: 0,
  }
}

function decisionTally({ decisions }: Tally, name: string): DecisionTally {
  const known = decisions.get(name)
  if (known !== undefined) return known
  const pair = <T>(make: () => T): Pair<T> => ({ baseline: make(), candidate: make() })
  const made: DecisionTally = {
    questions: 0,
    withOutcome: 0,
    withResolution: 0,
    unknownStates: pair(() => new Map()),
    flips: emptyFlips(),
    costs: emptyCosts(),
    thresholds: emptyThresholds(),
    people: pair(emptyPeople),
    calibration: pair(emptyCalibration),
    agents: new Map(),
  }
  decisions.set(name, made)
  return made
}

/** Asks both sides about each case of a batch, and counts what comes of it. */
export function tallyBatch(sides: Pair<Side>, batch: CaseBatch): Tally {
  const tally = emptyTally()
  tally.accountsWithoutOutcome = batch.accountsWithoutOutcome
  tally.erased = batch.erased
  let account: string | null = null
  let weights: UnitWeights = new Uint8Array()
  for (const one of batch.cases) {
    if (one.account !== account) {
      account = one.account
      weights = weightsOf(account)
    }
    tallyCase(tally, sides, one, weights)
  }
  return tally
}

function tallyCase(tally: Tally, { baseline, candidate }: Pair<Side>, one: Case, weights: UnitWeights): void {
  const theirs = baseline.ruleset.decisions.get(one.decision)
  const ours = candidate.ruleset.decisions.get(one.decision)
  if (theirs === undefined || ours === undefined) {
    count(tally.notCompared, one.decision)
    return
  }
  const compared = {
    case: one,
    baseline: ask(baseline, theirs, one),
    candidate: ask(candidate, ours, one),
    weights,
  }
  countHistory(tally, compared, baseline.ruleset.hash)
  addTo(decisionTally(tally, one.decision), compared)
}

function countHistory(tally: Tally, { case: { now, dated, recorded }, baseline }: Compared, hash: string): void {
  if (dated) {
    tally.from = Math.min(tally.from, now)
    tally.to = Math.max(tally.to, now)
  } else tally.undated += 1
  if (recorded === null) return
  if (recorded.ruled) tally.ruled += 1
  else if (recorded.ruleset === hash) {
    tally.recorded += 1
    const { action, disposition } = recorded
    if (action === baseline.action && disposition === baseline.of.disposition) tally.reproduced += 1
  }
}

function addTo(tally: DecisionTally, compared: Compared): void {
  const { state, resolved } = compared.case
  tally.questions += 1
  if (state !== null) tally.withOutcome += 1
  if (resolved !== null) tally.withResolution += 1
  for (const side of SIDES) {
    addPeople(tally.people[side], compared[side])
    if (state === null || addCalibration(tally.calibration[side], compared[side], state)) continue
    count(tally.unknownStates[side], state)
  }
  addThresholds(tally.thresholds, compared)
  addAgents(tally.agents, compared)
  addFlip(tally.flips, compared, addCosts(tally.costs, compared))
}

/** Adds a part to what comes before it. */
export function mergeTally(into: Tally, from: Tally): void {
  for (const [name, part] of from.decisions) mergeDecision(decisionTally(into, name), part)
  for (const [name, questions] of from.notCompared) count(into.notCompared, name, questions)
  into.from = Math.min(into.from, from.from)
  into.to = Math.max(into.to, from.to)
  for (const name of ['undated', 'accountsWithoutOutcome', 'erased', 'ruled', 'recorded', 'reproduced'] as const) {
    into[name] += from[name]
  }
}

function mergeDecision(into: DecisionTally, from: DecisionTally): void {
  into.questions += from.questions
  into.withOutcome += from.withOutcome
  into.withResolution += from.withResolution
  for (const side of SIDES) {
    for (const [state, questions] of from.unknownStates[side]) count(into.unknownStates[side], state, questions)
    mergePeople(into.people[side], from.people[side])
    mergeCalibration(into.calibration[side], from.calibration[side])
  }
  mergeFlips(into.flips, from.flips)
  mergeCosts(into.costs, from.costs)
  mergeThresholds(into.thresholds, from.thresholds)
  mergeAgents(into.agents, from.agents)
}

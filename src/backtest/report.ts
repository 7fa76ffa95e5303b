import type { Answer, Speaks } from '../core/comparison.ts'
import type { Estimate } from '../core/stats/bootstrap.ts'
import type { Reliability } from '../core/stats/calibration.ts'

/**
 * What a back-test found: a plain JSON value. It holds neither the time nor how long anything took, so that the same
 * history and rules give the same bytes. Shares and probabilities lie in [0, 1], money is in the operator's currency.
 */
export interface BacktestReport {
  /** Numbers the shape of this value. */
  readonly format: 1
  readonly engine: number
  readonly baseline: RulesetName
  readonly candidate: RulesetName
  readonly settings: BacktestSettings
  readonly history: HistoryReport
  /** Decisions that both sets have and that were asked, by name. */
  readonly decisions: readonly DecisionReport[]
  /** Questions that could not be asked of both sets, by decision. */
  readonly notCompared: readonly NotCompared[]
}

export interface RulesetName {
  /** `sha256:…` */
  readonly hash: string
  /** As whoever asked named it: a directory, a hash, `active`. */
  readonly name: string
}

export interface BacktestSettings {
  readonly minutesPerReview: number
  /** Of the bootstrap. */
  readonly replicates: number
  /** That the intervals hold, .95. */
  readonly level: number
}

export interface HistoryReport {
  readonly source: 'database' | 'files'
  /** RFC 3339, of the first and the last question; null: none has a time. */
  readonly from: string | null
  readonly to: string | null
  /** Days that the questions span, at least one; null: some have no time. */
  readonly days: number | null
  /** Asked of both sets. */
  readonly questions: number
  readonly withOutcome: number
  /** Questions that a person answered, by an escalation. */
  readonly withResolution: number
  /** Questions that have no time of their own, asked as of a fixed one. */
  readonly undated: number
  /** Accounts of which there are signals or facts and no outcome; files only. */
  readonly accountsWithoutOutcome: number
  /** Recorded answers whose inputs have been erased or can't be read; left out. */
  readonly erased: number
  /** Questions that a person's earlier answer had settled; here both sets answer them without it. */
  readonly ruled: number
  /**
   * Of the recorded answers that the baseline gave itself, not settled by a person: how many there are, and how many it
   * gives again. Null: nothing was recorded.
   */
  readonly reproduced: { readonly of: number; readonly same: number } | null
}

export interface NotCompared {
  readonly decision: string
  readonly reason: 'not_in_baseline' | 'not_in_candidate' | 'in_neither'
  readonly questions: number
}

/** One value of each set. */
export interface Pair<T> {
  readonly baseline: T
  readonly candidate: T
}

export interface DecisionReport {
  readonly decision: string
  readonly questions: number
  readonly withOutcome: number
  readonly withResolution: number
  /** Names that only one of the sets has. */
  readonly states: NameChanges
  readonly actions: NameChanges
  /** True states that a set does not have, with the questions that it can't be held against them. */
  readonly unknownStates: Pair<readonly Count[]>
  readonly flips: Flips
  /** By the candidate's costs first; by the baseline's too, where they differ. Empty: no outcome is known. */
  readonly costs: readonly CostComparison[]
  /** By the candidate's costs; null: no outcome is known. */
  readonly thresholds: Thresholds | null
  readonly people: Pair<PeopleReport>
  /** Null: no outcome is known. */
  readonly calibration: Pair<Calibration | null>
  /** All that have spoken, those whose weight moved most first. */
  readonly agents: readonly AgentWeight[]
}

export interface NameChanges {
  /** Only the baseline has it. */
  readonly gone: readonly string[]
  /** Only the candidate has it. */
  readonly added: readonly string[]
}

export interface Count {
  readonly name: string
  readonly questions: number
}

export interface Flips {
  /** Questions to which the sets give different answers. */
  readonly count: number
  readonly share: number
  /** Every answer that either set gave, in the order of rows and columns. */
  readonly answers: readonly Answer[]
  /** `matrix[from][to]`: questions, from the baseline's answer to the candidate's. The diagonal did not flip. */
  readonly matrix: readonly (readonly number[])[]
  /** Largest first. */
  readonly pairs: readonly FlipPair[]
  readonly evidence: FlipEvidence
  /** Both sets escalate, with different recommendations: no flip. */
  readonly recommendationOnly: number
  /** At most ten: what the candidate's answer cost most more than the baseline's, then those of unknown outcome by regret. */
  readonly costliest: readonly CostlyFlip[]
}

export interface FlipPair extends FlipEvidence {
  readonly from: Answer
  readonly to: Answer
  readonly count: number
  /** Mean of what the candidate's answer cost more, of the flips of which it is known; null: of none. */
  readonly meanExtra: number | null
}

/** What later became known speaks for the candidate's answer, against it, or for neither. Each flip is in one of these. */
export interface FlipEvidence {
  /** By the true state: whose answer cost less there. */
  readonly outcomes: Verdicts
  /** By what a person decided, where the outcome is not known. */
  readonly people: Verdicts
  readonly unknown: number
}

export type Verdicts = { readonly [S in Speaks]: number }

export interface CostlyFlip {
  /** Of the adjudication; null: it is from files. */
  readonly id: string | null
  /** Where to look at it: `/v1/adjudications/…`, `outcomes.jsonl:12`. */
  readonly link: string
  readonly account: string
  /** RFC 3339; null: it has no time. */
  readonly at: string | null
  readonly from: Answer
  readonly to: Answer
  /** The true state; null: unknown. */
  readonly state: string | null
  /** The action that a person decided on; null: nobody did. */
  readonly resolved: string | null
  /** Realised cost of the candidate's answer less that of the baseline's, by the candidate's costs; null: unknown. */
  readonly extra: number | null
  readonly regret: Pair<number>
}

/** Realised cost per question: the loss in the true state where the answer acts, `review.cost` where a person is asked. */
export interface CostComparison {
  /** Whose losses and review costs price both sets' answers. */
  readonly by: 'candidate' | 'baseline'
  /** Questions whose outcome is known and both of whose answers have a price. */
  readonly questions: number
  /** Questions whose outcome is known but not what one of the answers costs: a state or an action has no price there. */
  readonly unpriced: number
  readonly baseline: Estimate
  readonly candidate: Estimate
  /** Candidate less baseline, question by question. */
  readonly difference: Estimate
}

/** What would have been, had people been asked when regret exceeds a multiple of `review.cost`; a look costs what it costs. */
export interface Thresholds {
  readonly baseline: readonly ThresholdPoint[]
  readonly candidate: readonly ThresholdPoint[]
}

export interface ThresholdPoint {
  /** Of `review.cost`, .25 to 4; 1 is the set as it is. */
  readonly multiplier: number
  readonly meanCost: number
  /** Share of the questions at which a person is asked. */
  readonly asked: number
}

export interface PeopleReport {
  /** `suggest` or `escalate`. */
  readonly asked: number
  readonly askedShare: number
  /** `act_and_review`: a person looks afterwards. */
  readonly sampled: number
  /** For both; null: the days are not known. */
  readonly hoursPerDay: number | null
  readonly hoursPerThousand: number
}

export interface Calibration {
  readonly questions: number
  /** Mean of Σ (P(s) − [s is true])² over the states, 0 to 2 (Brier 1950). */
  readonly brier: number
  /** Of the most believed state: how sure it was, and how often it was so. */
  readonly topState: Reliability
  /** In the order of the set's file. */
  readonly states: readonly (Reliability & { readonly state: string; readonly prior: number; readonly brier: number })[]
}

export interface AgentWeight {
  readonly agent: string
  /** Questions in which it had said something. */
  readonly questions: number
  /** Mean weight of all that it said there together; what is not used weighs 0. */
  readonly baseline: number
  readonly candidate: number
}

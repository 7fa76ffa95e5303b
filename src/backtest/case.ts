import type { Disposition, Facts, Proposal, Signal, Taken } from '../core/model.ts'
import type { AgentOverrides } from '../core/rules/load.ts'

/**
 * A question of the past, as it was when it was asked, and what became known of it. A plain value: it goes from thread to
 * thread. What a person had decided before is left out, so that both rulesets speak for themselves.
 */
export interface Case {
  /** Of the adjudication; null: it is from files. */
  readonly id: string | null
  /** Where to look at it. */
  readonly link: string
  readonly account: string
  readonly decision: string
  /** Milliseconds since the epoch. */
  readonly now: number
  /** Whether `now` is its own time, not one that was made up for it. */
  readonly dated: boolean
  readonly draw: number
  readonly facts: Facts
  readonly signals: readonly Signal[]
  /** Those that signals and proposal name, as an admin had changed them then. */
  readonly agents: readonly PastAgent[]
  readonly proposal: Proposal | null
  /** What agents had done with the account until then, whenever it was: cooldowns may be longer than they were. */
  readonly taken: readonly Taken[]
  /** What turned out to be true; null: not known. */
  readonly state: string | null
  /** The action that a person decided on; null: nobody did. */
  readonly resolved: string | null
  /** What was answered then; null: nothing was asked. */
  readonly recorded: RecordedAnswer | null
}

export interface PastAgent {
  readonly name: string
  /** Of the entry in its audit stream that made the overrides what they are; 0: there are none. */
  readonly sequence: number
  readonly overrides: AgentOverrides | null
}

export interface RecordedAnswer {
  readonly ruleset: string
  readonly action: string | null
  readonly disposition: Disposition
  /** Whether it was a person's earlier answer, which stood. */
  readonly ruled: boolean
}

/** A piece of history, with what could not be made a case of it. */
export interface CaseBatch {
  readonly cases: readonly Case[]
  readonly accountsWithoutOutcome: number
  /** Recorded answers whose inputs have been erased. */
  readonly erased: number
}

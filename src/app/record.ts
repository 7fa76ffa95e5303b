import type { Changes } from '../core/escalation/asked.ts'
import type { Adjudication, Facts, Proposal } from '../core/model.ts'

/**
 * What is kept of an adjudication, as the body of its audit entry: all that recomputes it, by reference where the
 * trail already holds it, and the figures that came out. The ledger, the summary and the flips are rendered anew.
 * Keys are sorted, since the trail keeps them so; what is undefined is not written.
 */
export interface AdjudicationRecord {
  /** Of each agent that signals or the proposal name: the sequence in its stream, 0: unknown then. */
  readonly agents: readonly (readonly [name: string, sequence: number])[]
  readonly by: string
  /** What was new for people in the item that was open already. */
  readonly changed: Changes | undefined
  readonly decision: string
  readonly draw: number
  readonly engine: number
  /** The item that people got; undefined: none. */
  readonly escalation: string | undefined
  /** Sequence of the account's facts, 0: none. */
  readonly facts: number
  readonly figures: Figures
  readonly id: string
  /** Whether the item was opened by another entry. */
  readonly joined: true | undefined
  /** Facts that held for this answer only. */
  readonly overlay: Facts | undefined
  /** SHA-256 of what the agent that proposed was going to send, where it showed that. */
  readonly payload: string | undefined
  readonly proposal: Proposal | undefined
  readonly ruleset: string
  /** Sequence of the entry in which a person decided, where that stood. */
  readonly ruling: number | undefined
  /** Sequences of the signals that stood, ascending. */
  readonly signals: readonly number[]
  /** Sequences of the entries in which what agents had done was recorded, of those that kept an action from being done again. */
  readonly taken: readonly number[] | undefined
  /** The item that needed no person any more. */
  readonly withdrew: string | undefined
}

/** Every number of an answer, and what was answered. In the order of states, actions and ledger. */
export interface Figures {
  readonly action: string | null
  readonly beliefs: readonly number[]
  readonly confidence: number
  readonly conflict: number
  readonly disposition: string
  readonly flips: readonly number[]
  readonly llrs: readonly number[]
  readonly losses: readonly (number | null)[]
  readonly regret: number
  readonly verdict: string | undefined
  readonly weights: readonly number[]
}

export function figuresOf(answer: Adjudication): Figures {
  const { recommendation, proposal } = answer
  return {
    action: recommendation.action,
    beliefs: Object.values(answer.beliefs),
    confidence: recommendation.confidence,
    conflict: answer.conflict,
    disposition: recommendation.disposition,
    flips: answer.flips.map((flip) => flip.atConfidence),
    llrs: answer.signals.map((signal) => signal.llr),
    losses: Object.values(answer.expectedLoss),
    regret: answer.regret,
    verdict: proposal?.verdict,
    weights: answer.signals.map((signal) => signal.weight),
  }
}

export interface Difference {
  /** `beliefs.0` */
  readonly path: string
  readonly stored: unknown
  readonly recomputed: unknown
}

/** Where two sets of figures are not the same, to the last digit. */
export function differences(stored: Figures, recomputed: Figures): readonly Difference[] {
  const found: Difference[] = []
  compare('', stored, recomputed, found)
  return found
}

function compare(path: string, stored: unknown, recomputed: unknown, found: Difference[]): void {
  if (isNested(stored) && isNested(recomputed)) {
    for (const key of new Set([...Object.keys(stored), ...Object.keys(recomputed)])) {
      compare(path === '' ? key : `${path}.${key}`, stored[key], recomputed[key], found)
    }
  } else if (stored !== recomputed) {
    found.push({ path, stored: stored ?? null, recomputed: recomputed ?? null })
  }
}

function isNested(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}

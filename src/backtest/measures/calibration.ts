import type { Decision } from '../../core/model.ts'
import {
  addStated,
  emptyReliability,
  mergeReliability,
  type ReliabilityTally,
  reliabilityOf,
} from '../../core/stats/calibration.ts'
import type { Calibration } from '../report.ts'
import type { Said } from '../side.ts'

/** How a side's beliefs fare where the true state is known and the side has it. */
export interface CalibrationTally {
  questions: number
  brier: number
  readonly topState: ReliabilityTally
  readonly states: Map<string, StateTally>
}

interface StateTally {
  readonly reliability: ReliabilityTally
  brier: number
}

export function emptyCalibration(): CalibrationTally {
  return { questions: 0, brier: 0, topState: emptyReliability(), states: new Map() }
}

/** @returns whether the side has the state */
export function addCalibration(tally: CalibrationTally, { decision, of: { beliefs } }: Said, state: string): boolean {
  const { states } = decision
  const truth = states.findIndex(({ name }) => name === state)
  if (truth === -1) return false
  tally.questions += 1
  let top = 0
  for (let s = 0; s < states.length; s += 1) {
    const p = beliefs[s] as number
    if (p > (beliefs[top] as number)) top = s
    const error = (p - (s === truth ? 1 : 0)) * (p - (s === truth ? 1 : 0))
    tally.brier += error
    const of = stateTally(tally, (states[s] as { name: string }).name)
    of.brier += error
    addStated(of.reliability, p, s === truth)
  }
  addStated(tally.topState, beliefs[top] as number, top === truth)
  return true
}

function stateTally({ states }: CalibrationTally, name: string): StateTally {
  const known = states.get(name)
  if (known !== undefined) return known
  const made = { reliability: emptyReliability(), brier: 0 }
  states.set(name, made)
  return made
}

export function mergeCalibration(into: CalibrationTally, from: CalibrationTally): void {
  into.questions += from.questions
  into.brier += from.brier
  mergeReliability(into.topState, from.topState)
  for (const [name, { reliability, brier }] of from.states) {
    const of = stateTally(into, name)
    of.brier += brier
    mergeReliability(of.reliability, reliability)
  }
}

/** Null where nothing is known of how it fared. */
export function calibrationOf(tally: CalibrationTally, { states }: Decision): Calibration | null {
  const { questions, brier, topState } = tally
  if (questions === 0) return null
  return {
    questions,
    brier: brier / questions,
    topState: reliabilityOf(topState),
    states: states.map(({ name: state, prior }) => {
      const of = stateTally(tally, state)
      return { state, prior, brier: of.brier / questions, ...reliabilityOf(of.reliability) }
    }),
  }
}

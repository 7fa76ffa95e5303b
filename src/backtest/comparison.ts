import type { Estimate } from '../core/stats/bootstrap.ts'
import type { BacktestSettings, DecisionReport, Pair } from './report.ts'
import { hoursOf } from './shown.ts'
import { amount, interval, number, percent, points, signed, signedInterval, step } from './words.ts'

/** A figure of both sets side by side, in words. */
export interface ComparedFigure extends Pair<Figure> {
  readonly label: string
  /** What it is of, or how it is measured. */
  readonly note: string | null
  /** Candidate less baseline; null: it is not to be told. */
  readonly difference: Figure | null
  /** Where the interval of the difference leaves no doubt about its sign. */
  readonly moved: 'down' | 'up' | null
}

export interface Figure {
  readonly value: string
  /** The interval that holds it; null: it has none. */
  readonly range: string | null
}

/** What it comes to: costs, people's time and calibration of one decision. */
export function comparisonOf(
  { costs, people, calibration, questions }: DecisionReport,
  { minutesPerReview }: BacktestSettings,
): readonly ComparedFigure[] {
  const hours = hoursOf(people)
  const figures = [
    ...costs.map(
      (cost): ComparedFigure => ({
        label: `mean cost a question${costs.length > 1 ? ` by the ${cost.by}'s costs` : ''}`,
        note: `of ${number(cost.questions)}`,
        baseline: { value: amount(cost.baseline.mean), range: interval(cost.baseline) },
        candidate: { value: amount(cost.candidate.mean), range: interval(cost.candidate) },
        difference: { value: signed(cost.difference.mean), range: signedInterval(cost.difference) },
        moved: directionOf(cost.difference),
      }),
    ),
    exact(
      'a person decides',
      null,
      both((side) => people[side].askedShare),
      percent,
      points,
    ),
    exact(
      'a person looks afterwards',
      null,
      both((side) => people[side].sampled / questions),
      percent,
      points,
    ),
    exact(`reviewer hours per ${hours.per}`, `${minutesPerReview} min each`, hours, (value) => value.toFixed(1), step),
  ]
  const { baseline, candidate } = calibration
  if (baseline === null || candidate === null) return figures
  const of = { baseline, candidate }
  const thousandths = (value: number) => value.toFixed(3)
  return [
    ...figures,
    exact(
      'calibration error',
      'ECE, most believed state',
      both((side) => of[side].topState.ece),
      thousandths,
    ),
    exact(
      'Brier score',
      '0 is perfect',
      both((side) => of[side].brier),
      thousandths,
    ),
  ]
}

/** A figure without an interval. */
function exact(
  label: string,
  note: string | null,
  { baseline, candidate }: Pair<number>,
  shown: (value: number) => string,
  change?: (difference: number) => string,
): ComparedFigure {
  const figure = (value: string): Figure => ({ value, range: null })
  return {
    label,
    note,
    baseline: figure(shown(baseline)),
    candidate: figure(shown(candidate)),
    difference: change === undefined ? null : figure(change(candidate - baseline)),
    moved: null,
  }
}

function both(of: (side: 'baseline' | 'candidate') => number): Pair<number> {
  return { baseline: of('baseline'), candidate: of('candidate') }
}

function directionOf({ low, high }: Estimate): ComparedFigure['moved'] {
  if (high < 0) return 'down'
  return low > 0 ? 'up' : null
}

import type { BacktestReport, CostComparison, DecisionReport } from '../report.ts'
import { amount, counted, number, percent } from './words.ts'

/** Below this many known outcomes a bootstrap interval is too narrow to be relied on. */
const FEW = 30

/** What would change in a decision, what it would cost or save, and what people would have to do: a sentence or two. */
export function headlineOf(decision: DecisionReport, { settings }: BacktestReport): string {
  const { questions, flips, costs } = decision
  const [first, second] = costs
  if (flips.count === 0 && flips.recommendationOnly === 0)
    return `Nothing would change: both sets answer all ${counted(questions, 'question')} alike.`
  const change =
    flips.count === 0
      ? 'No answer would change'
      : `${number(flips.count)} of ${counted(questions, 'answer')} (${percent(flips.share)}) would change`
  const sentences = [
    first === undefined
      ? `${change}; what that costs or saves is not known, since no outcome is.`
      : `${change}, and ${effect(first, settings.level)}.`,
    second !== undefined && `By the baseline's own costs, ${effect(second, settings.level)}.`,
    first !== undefined &&
      first.questions < FEW &&
      `With only ${counted(first.questions, 'known outcome')} behind it, take the interval for a guess.`,
    work(decision),
  ]
  return sentences.filter((sentence) => typeof sentence === 'string').join(' ')
}

/** Whether the difference is beyond what chance explains is read from its interval alone. */
function effect({ difference, baseline }: CostComparison, level: number): string {
  const { mean, low, high } = difference
  const within = (from: string, to: string) => `${Math.round(level * 100)} % interval ${from} to ${to}`
  if (low === 0 && high === 0) return 'the cost would stay the same'
  if (low <= 0 && high >= 0) {
    const leaning = mean === 0 ? 'no difference' : `${amount(Math.abs(mean))} ${mean < 0 ? 'less' : 'more'} a question`
    return `whether that costs or saves anything is within noise: ${leaning}, ${within(sided(low), sided(high))}`
  }
  const [verb, near, far] = high < 0 ? ['save', -high, -low] : ['cost', low, high]
  const more = verb === 'cost' ? ' more' : ''
  const relative = baseline.mean > 0 ? `, ${percent(Math.abs(mean) / baseline.mean)} of what it costs now` : ''
  return `it would ${verb} ${amount(Math.abs(mean))}${more} a question (${within(amount(near), amount(far))})${relative}`
}

function sided(value: number): string {
  if (value === 0) return '0'
  return `${amount(Math.abs(value))} ${value < 0 ? 'less' : 'more'}`
}

function work({ people: { baseline, candidate } }: DecisionReport): string {
  const before = percent(baseline.askedShare)
  const after = percent(candidate.askedShare)
  const asked =
    before === after ? `People would decide ${after} of questions, as now` : `People would decide ${after} of questions instead of ${before}`
  const [unit, now, then] =
    baseline.hoursPerDay === null || candidate.hoursPerDay === null
      ? ['per thousand questions', baseline.hoursPerThousand, candidate.hoursPerThousand]
      : ['a day', baseline.hoursPerDay, candidate.hoursPerDay]
  const [hoursBefore, hoursAfter] = [now.toFixed(1), then.toFixed(1)]
  if (hoursBefore === hoursAfter) return `${asked}: ${hoursAfter} reviewer hours ${unit}.`
  return `${asked}: ${hoursAfter} reviewer hours ${unit} instead of ${hoursBefore}.`
}

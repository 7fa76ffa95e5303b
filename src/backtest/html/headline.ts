import { unchangedNote } from '../notes.ts'
import type { BacktestReport, CostComparison, DecisionReport } from '../report.ts'
import { hoursOf } from '../shown.ts'
import { amount, counted, isNothing, number, percent } from '../words.ts'

/** Below this many known outcomes a bootstrap interval is too narrow to be relied on. */
const FEW = 30

/** The sentence that matters, what would change and what it would cost or save; then those that complete it. */
export function headlineOf(decision: DecisionReport, { settings }: BacktestReport): readonly [string, ...string[]] {
  const { costs } = decision
  const [first, second] = costs
  const isFew = first !== undefined && first.questions < FEW
  const supporting = [
    second !== undefined && `By the ${second.by}'s own costs ${effect(second, settings.level)}.`,
    isFew && `Only ${counted(first.questions, 'outcome')} could be priced: too few to rely on the interval.`,
    work(decision),
  ].filter((sentence) => typeof sentence === 'string')
  return [headline(decision, settings.level), ...supporting]
}

function headline({ questions, withOutcome, flips, costs: [first] }: DecisionReport, level: number): string {
  if (flips.count === 0) return unchangedNote(questions, flips)
  const change = `${number(flips.count)} of ${counted(questions, 'answer')} (${percent(flips.share)}) would change`
  if (first !== undefined) return `${change}, and ${effect(first, level)}.`
  const why = withOutcome === 0 ? 'no outcome is known' : 'no known outcome has a price under both sets'
  return `${change}; what that costs or saves is not known, since ${why}.`
}

/** Whether a difference is more than chance is read from its interval alone. */
function effect({ difference, baseline }: CostComparison, level: number): string {
  const { mean, low, high } = difference
  if (low === 0 && high === 0) return 'the cost would stay the same'
  const interval = (from: string, to: string) => `(${Math.round(level * 100)} % interval ${from} to ${to})`
  if (low <= 0 && high >= 0)
    return `the difference in cost is within noise: ${isNothing(mean) ? 'none on average' : `${lessOrMore(mean)} a question`} ${interval(lessOrMore(low), lessOrMore(high))}`
  const relative = baseline.mean > 0 ? `, ${percent(Math.abs(mean) / baseline.mean)} of what it costs now` : ''
  return high < 0
    ? `it would save ${amount(-mean)} a question ${interval(amount(-high), amount(-low))}${relative}`
    : `it would cost ${amount(mean)} more a question ${interval(amount(low), amount(high))}${relative}`
}

function lessOrMore(value: number): string {
  return isNothing(value) ? '0' : `${amount(Math.abs(value))} ${value < 0 ? 'less' : 'more'}`
}

function work({ people }: DecisionReport): string {
  const { baseline, candidate } = people
  const share = instead(percent(candidate.askedShare), 'of questions', percent(baseline.askedShare))
  const needed = hoursOf(people)
  const unit = needed.per === 'day' ? 'hours a day' : `hours per ${needed.per}`
  const hours = instead(needed.candidate.toFixed(1), unit, needed.baseline.toFixed(1))
  return `People would decide ${share}; reviewing would take ${hours}.`
}

function instead(after: string, unit: string, before: string): string {
  return `${after} ${unit}${after === before ? ', as now' : ` instead of ${before}`}`
}

import { curvesOf } from '../backtest/curves.ts'
import { decisionNotesOf, notesOf } from '../backtest/notes.ts'
import type { BacktestReport, DecisionReport, FlipEvidence, Pair, RulesetName } from '../backtest/report.ts'
import type { Estimate } from '../core/stats/bootstrap.ts'
import type { Reliability } from '../core/stats/calibration.ts'
import { type Paints, paints, type Terminal, table, wrap } from './terminal.ts'

const RIGHT = { align: 'right' } as const
const MOVED = 0.0005

/** A back-test's report in tables, for people. */
export function renderBacktest(report: BacktestReport, terminal: Terminal): string {
  const paint = paints(terminal)
  const { baseline, candidate, history } = report
  const from = history.from === null ? '' : `, ${day(history.from)} to ${day(history.to)}`
  const known = `${number(history.withOutcome)} with a known outcome, ${number(history.withResolution)} that a person decided`
  return [
    paint.bold(`Back-test of ${named(candidate)}\nagainst ${named(baseline)}`),
    wrap(`${number(history.questions)} questions from the ${history.source}${from}: ${known}.`, terminal),
    ...notesOf(report).map((note) => wrap(note, terminal)),
    ...report.decisions.map((decision) => `\n${renderDecision(decision, report, terminal)}`),
    '',
    wrap(
      paint.dim(
        'Realised costs take it that an account would have fared the same whatever was done, and that people who are asked are right. See docs/backtest.md.',
      ),
      terminal,
    ),
  ].join('\n')
}

function renderDecision(decision: DecisionReport, { settings }: BacktestReport, terminal: Terminal): string {
  const paint = paints(terminal)
  const sections = [
    section('What it comes to', comparison(decision, settings.minutesPerReview, terminal), paint),
    section(
      `Answers that flip: ${number(decision.flips.count)} of ${share(decision.flips.share, decision.questions)}`,
      flips(decision, terminal),
      paint,
    ),
    section('The costliest flips', costliest(decision, terminal), paint),
    section(...calibration(decision, terminal), paint),
    section('Agents whose weight moved', agents(decision, terminal), paint),
  ]
  const notes = decisionNotesOf(decision).map((note) => wrap(note, terminal))
  return [paint.bold(decision.decision), ...notes, ...sections.filter((text) => text !== '')].join('\n')
}

function section(title: string, body: string, { bold }: Paints): string {
  return body === '' ? '' : `\n${bold(title)}\n${body}`
}

function comparison(decision: DecisionReport, minutes: number, terminal: Terminal): string {
  const { costs, people, calibration } = decision
  const paint = paints(terminal)
  const both = (label: string, shown: (side: 'baseline' | 'candidate') => string, difference = '') => [
    label,
    shown('baseline'),
    shown('candidate'),
    difference,
  ]
  const rows = costs.map((cost) =>
    both(
      costs.length > 1 ? `mean cost by the ${cost.by}'s costs` : 'mean cost',
      (side) => interval(cost[side]),
      verdict(cost.difference, paint),
    ),
  )
  const hours = people.baseline.hoursPerDay === null ? 'hoursPerThousand' : 'hoursPerDay'
  const a = hours === 'hoursPerDay' ? 'a day' : 'a thousand questions'
  rows.push(
    both('a person decides', (side) => percent(people[side].askedShare)),
    both('looked at afterwards', (side) => percent(people[side].sampled / decision.questions)),
    both(`reviewer hours ${a}, ${minutes} min each`, (side) => (people[side][hours] ?? 0).toFixed(1)),
  )
  if (calibration.baseline && calibration.candidate) {
    const { baseline, candidate } = calibration as Pair<NonNullable<typeof calibration.baseline>>
    const sides = { baseline, candidate }
    rows.push(
      both('calibration error (ECE)', (side) => sides[side].topState.ece.toFixed(3)),
      both('Brier score', (side) => sides[side].brier.toFixed(3)),
    )
  }
  const columns = [
    { head: '', flexible: true, least: 16 },
    { head: 'baseline', ...RIGHT },
    { head: 'candidate', ...RIGHT },
    { head: 'difference', ...RIGHT },
  ]
  return table(columns, rows, terminal)
}

/** Coloured where the interval leaves no doubt about the sign. */
function verdict(difference: Estimate, { green, red }: Paints): string {
  const text = `${signed(difference.mean)} (${signed(difference.low)} to ${signed(difference.high)})`
  if (difference.high < 0) return green(text)
  return difference.low > 0 ? red(text) : text
}

function flips({ flips: { pairs, recommendationOnly } }: DecisionReport, terminal: Terminal): string {
  const note =
    recommendationOnly === 0
      ? []
      : [
          wrap(
            `On ${number(recommendationOnly)} more, which people decide either way, the recommendation differs.`,
            terminal,
            '  ',
          ),
        ]
  if (pairs.length === 0) return note.join('\n')
  const withPeople = pairs.some(({ people }) => people.agree + people.contradict + people.neither > 0)
  const columns = [
    { head: 'from', flexible: true },
    { head: 'to', flexible: true },
    { head: 'questions', ...RIGHT },
    { head: 'outcome for', ...RIGHT },
    { head: 'against', ...RIGHT },
    ...(withPeople
      ? [
          { head: 'people for', ...RIGHT },
          { head: 'against', ...RIGHT },
        ]
      : []),
    { head: 'neither', ...RIGHT },
    { head: 'unknown', ...RIGHT },
    { head: 'mean cost', ...RIGHT },
  ]
  const counts = ({ outcomes, people, unknown }: FlipEvidence) => [
    outcomes.agree,
    outcomes.contradict,
    ...(withPeople ? [people.agree, people.contradict] : []),
    outcomes.neither + people.neither,
    unknown,
  ]
  const rows = pairs.map((pair) => [
    pair.from,
    pair.to,
    ...[pair.count, ...counts(pair)].map(number),
    pair.meanExtra === null ? '' : signed(pair.meanExtra),
  ])
  return [table(columns, rows, terminal), ...note].join('\n')
}

function costliest({ flips: { costliest } }: DecisionReport, terminal: Terminal): string {
  if (costliest.length === 0) return ''
  const rows = costliest.map(({ link, account, from, to, state, resolved, extra }) => [
    account,
    `${from} → ${to}`,
    state ?? (resolved === null ? 'unknown' : `a person: ${resolved}`),
    extra === null ? '' : signed(extra),
    link,
  ])
  const columns = [
    { head: 'account', flexible: true },
    { head: 'answer', flexible: true },
    { head: 'was', flexible: true },
    { head: 'cost', ...RIGHT },
    { head: 'see', flexible: true, least: 20 },
  ]
  return table(columns, rows, terminal)
}

function calibration(
  { calibration: { baseline, candidate } }: DecisionReport,
  terminal: Terminal,
): [title: string, body: string] {
  if (baseline === null || candidate === null) return ['', '']
  const { state, curves } = curvesOf({ baseline, candidate })
  const { baseline: theirs, candidate: ours } = curves
  const title =
    state === null
      ? 'How often the most believed state was true'
      : `How often it was \`${state}\` when that is how likely it was said to be`
  const cell = ({ bins }: Reliability, bin: number) => {
    const of = bins[bin]
    return of === undefined || of.observed === null ? ['', ''] : [percent(of.observed), number(of.count)]
  }
  const rows = ours.bins.flatMap(({ from, to }, bin) => {
    const cells = [...cell(theirs, bin), ...cell(ours, bin)]
    return cells.every((text) => text === '') ? [] : [[`${percent0(from)} to ${percent0(to)}`, ...cells]]
  })
  const columns = ['said', 'baseline', 'questions', 'candidate', 'questions'].map((head) => ({ head, ...RIGHT }))
  return [title, table(columns, rows, terminal)]
}

function agents({ agents }: DecisionReport, terminal: Terminal): string {
  const moved = agents.filter(({ baseline, candidate }) => Math.abs(candidate - baseline) >= MOVED)
  if (moved.length === 0) return ''
  const rows = moved.map(({ agent, questions, baseline, candidate }) => [
    agent,
    baseline.toFixed(3),
    candidate.toFixed(3),
    signed(candidate - baseline),
    number(questions),
  ])
  const columns = [
    { head: 'agent', flexible: true },
    ...['baseline', 'candidate', 'difference', 'questions'].map((head) => ({ head, ...RIGHT })),
  ]
  return table(columns, rows, terminal)
}

function named({ name, hash }: RulesetName): string {
  return hash.startsWith(name) ? hash.slice(0, 15) : `${name} (${hash.slice(0, 15)})`
}

const interval = ({ mean, low, high }: Estimate) => `${amount(mean)} (${amount(low)} to ${amount(high)})`
const amount = (value: number) =>
  value.toLocaleString('en-US', {
    maximumFractionDigits: Math.abs(value) < 100 ? 3 : 0,
    minimumFractionDigits: Math.abs(value) < 100 ? 3 : 0,
  })
const signed = (value: number) => `${value < 0 ? '−' : '+'}${amount(Math.abs(value))}`
const number = (n: number) => n.toLocaleString('en-US')
const percent = (p: number) => `${(p * 100).toFixed(1)} %`
const percent0 = (p: number) => `${Math.round(p * 100)} %`
const share = (p: number, of: number) => `${number(of)} (${percent(p)})`
const day = (time: string | null) => time?.slice(0, 10) ?? ''

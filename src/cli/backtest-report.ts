import { comparisonOf } from '../backtest/comparison.ts'
import { SIDES } from '../backtest/measures/compared.ts'
import { decisionNotesOf, historyNote, notesOf, recommendationNote, unchangedNote } from '../backtest/notes.ts'
import type { BacktestReport, BacktestSettings, DecisionReport, FlipEvidence, RulesetName } from '../backtest/report.ts'
import { curvesOf, movedAgents } from '../backtest/shown.ts'
import { number, percent, signed } from '../backtest/words.ts'
import type { Reliability } from '../core/stats/calibration.ts'
import { type Column, type Paints, paints, plain, type Terminal, table, wrap } from './terminal.ts'

const RIGHT = { align: 'right' } as const

/** A back-test's report in tables, for people. */
export function renderBacktest(report: BacktestReport, terminal: Terminal): string {
  return render(printable(report), terminal)
}

/** Names come from data of any origin. */
function printable(report: BacktestReport): BacktestReport {
  return JSON.parse(JSON.stringify(report), (_key, value) =>
    typeof value === 'string' ? plain(value).replace(/\s+/g, ' ') : value,
  )
}

function render(report: BacktestReport, terminal: Terminal): string {
  const paint = paints(terminal)
  const { baseline, candidate } = report
  return [
    paint.bold(`Back-test of ${named(candidate)}\nagainst ${named(baseline)}`),
    ...[historyNote(report), ...notesOf(report)].map((note) => wrap(note, terminal)),
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
    section(
      `What it comes to, with ${Math.round(settings.level * 100)} % intervals`,
      comparison(decision, settings, terminal),
      paint,
    ),
    section(
      `Answers that flip: ${number(decision.flips.count)} of ${number(decision.questions)} (${percent(decision.flips.share)})`,
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

function comparison(decision: DecisionReport, settings: BacktestSettings, terminal: Terminal): string {
  const { dim, green, red } = paints(terminal)
  const lines = (first: string, second: string | null = null) => [first, ...(second === null ? [] : [second])]
  const rows = comparisonOf(decision, settings).map(({ label, note, baseline, candidate, difference, moved }) => {
    // Coloured where there is no doubt about the sign.
    const colour = moved === 'down' ? green : moved === 'up' ? red : (text: string) => text
    return [
      lines(label, note && dim(note)),
      lines(baseline.value, baseline.range),
      lines(candidate.value, candidate.range),
      lines(difference?.value ?? '', difference?.range).map(colour),
    ].map((cell) => cell.join('\n'))
  })
  const heads = [...SIDES, 'difference'].map((head) => ({ head, ...RIGHT }))
  return table([{ head: '', flexible: true, least: 16 }, ...heads], rows, terminal)
}

function flips({ questions, flips: { pairs, ...flips } }: DecisionReport, terminal: Terminal): string {
  if (pairs.length === 0) return wrap(unchangedNote(questions, flips), terminal, '  ')
  const note = recommendationNote(flips)
  const notes = note === null ? [] : [wrap(note, terminal, '  ')]
  const rows = pairs.map((pair) => [
    `${pair.from} → ${pair.to}`,
    number(pair.count),
    ...evidence(pair),
    number(pair.unknown),
    pair.meanExtra === null ? '' : signed(pair.meanExtra),
  ])
  const heads = ['for', 'against', 'neither', 'unknown', 'extra cost']
  const columns = [
    wrapping('answer', rows, 0),
    { head: 'flips', ...RIGHT },
    { head: 'known by' },
    ...heads.map((head) => ({ head, ...RIGHT })),
  ]
  return [table(columns, rows, terminal), ...notes].join('\n')
}

/** Who tells, and how often for, against and neither: a line for outcomes, and one for people, where they say something. */
function evidence({ outcomes, people }: FlipEvidence): readonly string[] {
  const lines = Object.entries({ outcome: outcomes, person: people })
    .map(([by, { agree, contradict, neither }]) => ({ by, counts: [agree, contradict, neither] }))
    .filter(({ counts }) => counts.some((count) => count > 0))
  const cell = (text: (line: (typeof lines)[number]) => string) => lines.map(text).join('\n')
  return [cell(({ by }) => by), ...[0, 1, 2].map((verdict) => cell(({ counts }) => number(counts[verdict] ?? 0)))]
}

function costliest({ flips: { costliest } }: DecisionReport, terminal: Terminal): string {
  if (costliest.length === 0) return ''
  const rows = costliest.map(({ id, link, account, from, to, state, resolved, extra }) => [
    account,
    `${from} → ${to}`,
    state ?? (resolved === null ? 'unknown' : `a person: ${resolved}`),
    extra === null ? '' : signed(extra),
    id ?? link,
  ])
  const columns = [
    wrapping('account', rows, 0),
    wrapping('answer', rows, 1),
    wrapping('was', rows, 2),
    { head: 'extra', ...RIGHT },
    { head: 'see' },
  ]
  return table(columns, rows, terminal)
}

/** A column of names, of which none is cut: one that is cut may be taken for another. */
function wrapping(head: string, rows: readonly (readonly string[])[], column: number): Column {
  const words = rows.flatMap((row) => (row[column] ?? '').split(' ')).concat(head)
  return { head, flexible: true, least: Math.max(...words.map((word) => word.length)) }
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
  const moved = movedAgents(agents)
  if (moved.length === 0) return ''
  const rows = moved.map(({ agent, questions, baseline, candidate }) => [
    agent,
    baseline.toFixed(3),
    candidate.toFixed(3),
    signed(candidate - baseline),
    number(questions),
  ])
  const heads = ['baseline', 'candidate', 'difference', 'questions']
  return table([wrapping('agent', rows, 0), ...heads.map((head) => ({ head, ...RIGHT }))], rows, terminal)
}

function named({ name, hash }: RulesetName): string {
  return hash.startsWith(name) ? hash.slice(0, 15) : `${name} (${hash.slice(0, 15)})`
}

const percent0 = (p: number) => `${Math.round(p * 100)} %`

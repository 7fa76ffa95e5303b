import type { Decision } from '../../core/model.ts'
import { money } from '../../core/phrases.ts'
import { paints, type Terminal, table, wrap } from '../terminal.ts'
import type { Customer } from './customers.ts'
import type { Answer, Replayed } from './replay.ts'
import { POLICIES, type Score, score } from './score.ts'

const DISAGREEMENTS = 10
const BINS = 5
const BAR = 24
const RIGHT = { align: 'right' } as const

/** All that the demo found, in tables. */
export function renderReport(
  decision: Decision,
  customers: readonly Customer[],
  { answers, seconds }: Replayed,
  terminal: Terminal,
): string {
  const { bold, dim } = paints(terminal)
  const note = (text: string) => dim(wrap(text, terminal, '  '))
  const contested = answers.filter(({ conflict }) => conflict > 0).length
  const scored = scorable(customers)
  const scores = score(
    decision,
    scored.map((i) => customers[i] as Customer),
    scored.map((i) => answers[i] as Answer),
  )
  return [
    bold('What may be done'),
    dispositionTable(answers, terminal),
    '',
    bold('How much the agents contradict one another'),
    conflictTable(answers, terminal),
    note(
      `0 unanimous, 1 a draw. On ${share(splitOpinions(customers), customers.length)} they stand on both sides of ½.`,
    ),
    '',
    bold(`The ${Math.min(DISAGREEMENTS, contested)} costliest disagreements`),
    disagreements(answers, customers, terminal),
    note('Regret is the expected cost of error. What was true was not known yet.'),
    '',
    bold('What it cost, a customer'),
    costTable(scores, terminal),
    note(costNote(decision, scores, customers, scored)),
    '',
    wrap(speed(answers.length, seconds), terminal),
  ].join('\n')
}

/** Agents were fitted on the other parts, where they would look better than they are. */
function scorable(customers: readonly Customer[]): readonly number[] {
  const all = customers.map((_, i) => i)
  const test = all.filter((i) => customers[i]?.split === 'test')
  return test.length > 0 ? test : all
}

function dispositionTable(answers: readonly Answer[], terminal: Terminal): string {
  const counts = new Map<string, number>()
  for (const { recommendation } of answers) {
    const { disposition, action } = recommendation
    const what = disposition === 'escalate' ? 'escalate' : `${disposition} ${action}`
    counts.set(what, (counts.get(what) ?? 0) + 1)
  }
  const descending = [...counts].sort(([, a], [, b]) => b - a)
  return countTable('disposition', descending, answers.length, terminal)
}

function conflictTable(answers: readonly Answer[], terminal: Terminal): string {
  const bins = new Array<number>(BINS).fill(0)
  for (const { conflict } of answers) {
    const bin = Math.min(Math.floor(conflict * BINS), BINS - 1)
    bins[bin] = (bins[bin] as number) + 1
  }
  const named = bins.map(
    (count, bin) => [`${(bin / BINS).toFixed(1)} to ${((bin + 1) / BINS).toFixed(1)}`, count] as const,
  )
  return countTable('conflict', named, answers.length, terminal)
}

function countTable(
  head: string,
  counts: readonly (readonly [name: string, count: number])[],
  total: number,
  terminal: Terminal,
): string {
  const rows = counts.map(([name, count]) => [name, thousands(count), share(count, total), bar(count, total)])
  return table([{ head }, { head: 'customers', ...RIGHT }, { head: '', ...RIGHT }, { head: '' }], rows, terminal)
}

function disagreements(answers: readonly Answer[], customers: readonly Customer[], terminal: Terminal): string {
  const { dim } = paints(terminal)
  return answers
    .map((answer, i) => ({ answer, customer: customers[i] as Customer }))
    .filter(({ answer }) => answer.conflict > 0)
    .sort((a, b) => b.answer.regret - a.answer.regret || b.answer.conflict - a.answer.conflict)
    .slice(0, DISAGREEMENTS)
    .map(({ answer, customer }) => {
      const numbers = `regret ${money(answer.regret)} · conflict ${answer.conflict.toFixed(2)} · was ${customer.state}`
      return `  ${answer.account}  ${dim(numbers)}\n${wrap(answer.summary, terminal, '    ')}`
    })
    .join('\n')
}

function costTable(scores: readonly Score[], terminal: Terminal): string {
  const { bold } = paints(terminal)
  const rows = scores.map(({ name, cost, extra }, i) => {
    const costs = POLICIES.map((policy) => cost[policy].toFixed(3))
    if (i === 0) return [name, ...costs, ''].map(bold)
    return [
      name,
      ...costs,
      `${extra.mean < 0 ? '−' : '+'}${Math.abs(extra.mean).toFixed(3)} ± ${extra.error.toFixed(3)}`,
    ]
  })
  const columns = [
    { head: 'resolved by' },
    { head: 'at ½', ...RIGHT },
    { head: 'cost-aware', ...RIGHT },
    { head: 'and review', ...RIGHT },
    { head: 'vs Umpire', ...RIGHT },
  ]
  return table(columns, rows, terminal)
}

function costNote(
  { review, states }: Decision,
  scores: readonly Score[],
  customers: readonly Customer[],
  scored: readonly number[],
): string {
  const counts = states.map(({ name }) => {
    const count = scored.filter((i) => customers[i]?.state === name).length
    return `${thousands(count)} ${name}`
  })
  const part = scored.length < customers.length ? ' of the test split, which no agent has seen' : ''
  const who = scores.flatMap((each) => (each.who ? [POLICIES.map((policy) => each.who?.[policy]).join(', ')] : []))
  return (
    `Mean over ${thousands(scored.length)} customers${part} (${counts.join(', ')}), by the losses of the decision file. ` +
    'At ½: the likelier state decides. Cost-aware: the least expected loss decides. And review: a person, who costs ' +
    `${review.cost} and is then right, decides where regret exceeds that. The best single agent is known only in ` +
    `hindsight (${who}). ± is the standard error; a difference of less than two of them may be chance.`
  )
}

function speed(count: number, seconds: number): string {
  const rate = thousands(Math.round(count / seconds))
  return `${thousands(count)} adjudications in ${seconds.toFixed(1)} s, ${rate} a second, service and client in one process.`
}

/** Customers about whom agents stand on both sides of ½. */
function splitOpinions(customers: readonly Customer[]): number {
  return customers.filter(
    ({ signals }) =>
      signals.some(({ confidence }) => confidence > 0.5) && signals.some(({ confidence }) => confidence < 0.5),
  ).length
}

function bar(count: number, total: number): string {
  return '█'.repeat(Math.round((count / total) * BAR))
}

function share(count: number, total: number): string {
  return `${Math.round((100 * count) / total)} %`
}

function thousands(count: number): string {
  return count.toLocaleString('en-US')
}

import type { Adjudication, Decision, LedgerRule, LedgerSignal, Question, Signal, Unused } from '../core/model.ts'
import { money, percent } from '../core/phrases.ts'
import type { Case } from './case.ts'
import { type Paints, paints, plain, type Terminal, table, wrap } from './terminal.ts'

/** An adjudication as a person reads it: the sentence first, then the numbers it came from. No line ends with a space. */
export function renderAnswer(answer: Adjudication, { decision, question }: Case, terminal: Terminal): string {
  const paint = paints(terminal)
  const sections = [
    wrap(paint.bold(answer.summary), terminal),
    table([{ head: '' }, { head: '', flexible: true }], overview(answer, decision, paint), terminal).replace(
      /^\s*\n/,
      '',
    ),
    section('Signals', signalTable(answer.signals, terminal), paint),
    unread(answer, question, terminal),
    section('Rules that hold', ruleTable(answer.rules, terminal), paint),
    section('What would change the answer', flipLines(answer, terminal), paint),
  ]
  return sections.filter((text) => text !== '').join('\n\n')
}

export function section(title: string, body: string, { bold }: Paints): string {
  return body === '' ? '' : `${bold(title)}\n${body}`
}

function overview(answer: Adjudication, decision: Decision, paint: Paints): [string, string][] {
  const { recommendation, proposal, handoff } = answer
  const { action, confidence, disposition, reasons } = recommendation
  const hue = { act: paint.green, act_and_review: paint.green, suggest: paint.yellow, escalate: paint.red }[disposition]
  const rows: [string, string][] = [
    ['decision', `${answer.decision} about ${answer.account}`],
    ['recommended', action === null ? 'nothing' : `${paint.bold(action)}, right with ${percent(confidence)}`],
    ['disposition', `${hue(disposition)} (${reasons.join(', ')})`],
  ]
  if (proposal) {
    const { agent, verdict } = proposal
    const verdictHue = { allow: paint.green, ask: paint.yellow, deny: paint.red }[verdict]
    rows.push(['proposal', `${proposal.action} by ${agent}: ${verdictHue(verdict)} (${proposal.reasons.join(', ')})`])
  }
  if (handoff) {
    const what = handoff.kind === 'decision' ? 'decides' : 'reviews'
    const priority = handoff.priority === 0 ? '' : `, priority ${handoff.priority}`
    rows.push(['a person', `${handoff.queue} ${what} by ${time(handoff.dueAt)}${priority}`])
  }
  rows.push(
    [
      'beliefs',
      Object.entries(answer.beliefs)
        .map(([state, p]) => `${state} ${percent(p)}`)
        .join(' · '),
    ],
    ['expected loss', expectedLosses(answer, decision)],
    ['regret', `${money(answer.regret)}; asking a person costs ${money(answer.reviewCost)}`],
    ['conflict', answer.conflict.toFixed(2)],
  )
  if (answer.tags.length > 0) rows.push(['tags', answer.tags.join(', ')])
  rows.push(['valid until', time(answer.validUntil)])
  return rows.map(([name, value]) => [paint.dim(name), value])
}

function expectedLosses({ expectedLoss }: Adjudication, { actions }: Decision): string {
  return actions
    .map(({ name }) => {
      const loss = expectedLoss[name] ?? null
      return `${name} ${loss === null ? 'unknown' : money(loss)}`
    })
    .join(' · ')
}

export function signalTable(signals: readonly LedgerSignal[], terminal: Terminal): string {
  if (signals.length === 0) return '  none'
  const { dim } = paints(terminal)
  const rows = signals.map((signal) => {
    const { agent, claim, confidence, ageHours, weight, llr, contribution, why } = signal
    const stated = confidence === null ? `(${percent(signal.calibrated)})` : percent(confidence)
    const numbers = [weight.toFixed(2), signed(llr), signed(contribution)]
    const cells = [agent, claim, stated, ageOf(ageHours), ...numbers, why === undefined ? '' : UNUSED[why]]
    return signal.used ? cells : cells.map(dim)
  })
  const right = 'right' as const
  const columns = [
    { head: 'agent', flexible: true },
    { head: 'claim', flexible: true },
    { head: 'sure', align: right },
    { head: 'age', align: right },
    { head: 'weight', align: right },
    { head: 'llr', align: right },
    { head: 'adds', align: right },
    ...(signals.some(({ used }) => !used) ? [{ head: 'not used', flexible: true }] : []),
  ]
  return table(columns, rows, terminal)
}

export const UNUSED: Readonly<Record<Unused, string>> = {
  agent_in_shadow: 'agent in shadow',
  agent_out_of_scope: 'outside its scope',
  claim_not_mapped: 'claim not mapped',
  superseded: 'superseded',
  own_case: 'its own proposal',
  beyond_newest_200: 'not among the newest 200',
}

/** Signals that the ledger leaves out, so that nobody looks for them in vain. */
function unread(answer: Adjudication, { signals, agents, now }: Question, terminal: Terminal): string {
  const read = new Set(answer.signals.map(({ sequence }) => sequence))
  const reasonOf = (signal: Signal) => {
    if (signal.expiresAt !== null && signal.expiresAt <= now) return 'expired'
    return agents.get(signal.agent)?.mode === 'muted' ? 'agent muted' : 'a newer one says the same'
  }
  const left = signals.filter(({ sequence }) => !read.has(sequence))
  if (left.length === 0) return ''
  const list = left.map((signal) => `${signal.id} of ${signal.agent} (${reasonOf(signal)})`).join(', ')
  return wrap(`Not read: ${list}`, terminal, '  ')
}

export function ruleTable(rules: readonly LedgerRule[], terminal: Terminal): string {
  if (rules.length === 0) return ''
  const { red } = paints(terminal)
  const rows = rules.map(({ id, effect, because, signal, error }) => [
    id,
    [error === undefined ? effect : red('failed'), signal].filter(Boolean).join(' '),
    error === undefined ? because : plain(error),
  ])
  return table(
    [
      { head: 'rule', flexible: true },
      { head: 'does', flexible: true },
      { head: 'because', flexible: true },
    ],
    rows,
    terminal,
  )
}

export function flipLines({ flips, signals }: Pick<Adjudication, 'flips' | 'signals'>, terminal: Terminal): string {
  const lines = flips.map(({ signal, atConfidence, action }) => {
    const said = signals.find(({ id }) => id === signal)
    const stated = said?.confidence ?? null
    const instead = stated === null ? '' : `, not ${percent(stated)}`
    return wrap(`If ${said?.agent} had said ${percent(atConfidence)}${instead}: ${action}`, terminal, '  ', '    ')
  })
  return lines.join('\n')
}

export function ageOf(hours: number): string {
  return hours < 48 ? `${Math.floor(hours)} h` : `${Math.floor(hours / 24)} d`
}

export function signed(value: number): string {
  return `${value > 0 ? '+' : ''}${value.toFixed(2)}`
}

function time(milliseconds: number): string {
  return `${new Date(milliseconds).toISOString().slice(0, 16).replace('T', ' ')} UTC`
}

import type { HiddenAdjudication } from '../../app/escalations/item-view.ts'
import type { EscalationDetail } from '../../app/escalations/reading.ts'
import type { StepView } from '../../app/escalations/step-view.ts'
import type { AdjudicationView } from '../../app/view.ts'
import { money, percent } from '../../core/phrases.ts'
import { ageOf, flipLines, ruleTable, section, signalTable } from '../answer.ts'
import { type Paints, paints, plain, type Terminal, table, wrap } from '../terminal.ts'
import { shortId } from './ids.ts'
import { answerOf, subjectOf } from './item.ts'
import { clock, span, untilDue } from './time.ts'

/** All that it takes to decide an escalation: the question first, then what speaks for what, last what others did. */
export function renderEscalation(detail: EscalationDetail, now: number, terminal: Terminal): string {
  const paint = paints(terminal)
  const answer = detail.adjudicationDetail
  const sections = [
    wrap(paint.bold(headline(detail)), terminal),
    pairs(overview(detail, now, paint), paint, terminal),
    section('Account', detail.rule === null ? factsOf(detail, paint, terminal) : '', paint),
    ...(answer === null ? [] : evidence(answer, paint, terminal)),
    ...payloadOf(detail, paint, terminal),
    section('To decide it', choices(detail, paint, terminal), paint),
    section('What was done', historyOf(detail.history, terminal), paint),
  ]
  return sections.filter((text) => text !== '').join('\n\n')
}

function headline({ rule, error, decision, account, blind, adjudicationDetail: answer }: EscalationDetail): string {
  if (rule !== null) return `${rule} can't be evaluated: ${plain(error ?? 'why has been erased')}`
  if (answer === null) return `${decision} about ${account}: what it was asked for has been erased`
  return blind || answer.summary === null ? `${decision} about ${account}: what should be done?` : answer.summary
}

type Rows = readonly (readonly [name: string, value: string])[]

/** Names and what they stand for, one below the other; what has no value is left out. */
function pairs(rows: Rows, { dim }: Paints, terminal: Terminal): string {
  const shown = rows.filter(([, value]) => value !== '').map(([name, value]) => [dim(name), value])
  const text = table([{ head: '' }, { head: '', flexible: true }], shown, terminal)
  return text.replace(/^\s*\n/, '')
}

function overview(detail: EscalationDetail, now: number, paint: Paints): Rows {
  const { id, queue, priority, assignee, dueAt, resolution, probability } = detail
  const isOver = resolution !== null
  const due = `${clock(dueAt)}, ${untilDue(dueAt, now)}`
  const isLate = Date.parse(dueAt) <= now
  return [
    ['id', id],
    ['question', subjectOf(detail)],
    ['status', statusOf(detail, now)],
    ['queue', priority === 0 ? queue : `${queue}, priority ${priority}`],
    ['for', assignee ?? ''],
    ['due', isOver ? '' : isLate ? paint.red(due) : due],
    ['sample', probability === null ? '' : `drawn with a probability of ${percent(probability)}; it blocks nothing`],
    ['changed', lastChange(detail)],
    ...(detail.rule === null ? asked(detail, paint) : []),
    ...(isOver ? ended(detail) : []),
  ]
}

function statusOf({ status, claimedBy, claimedUntil, resolution }: EscalationDetail, now: number): string {
  if (resolution !== null) return `${status} ${clock(resolution.at)}`
  if (claimedBy === null || claimedUntil === null) return status
  return `held by ${claimedBy} for another ${span(Date.parse(claimedUntil) - now)}`
}

function asked({ blind, recommended, adjudicationDetail: answer, proposal }: EscalationDetail, { bold }: Paints): Rows {
  const wanted = proposal && `${proposal.action} by ${proposal.agent}`
  if (blind)
    return [
      ['recommended', 'hidden until it is decided'],
      ['proposal', wanted ?? ''],
    ]
  const full = answer && answer.recommendation !== null ? (answer as AdjudicationView) : null
  const reasons = full ? ` (${full.recommendation.reasons.join(', ')})` : ''
  return [
    ['recommended', recommended === null ? `nothing${reasons}` : `${bold(recommended)}${reasons}`],
    ['proposal', wanted ?? ''],
    ...(full ? numbers(full) : []),
  ]
}

function numbers({ beliefs, expectedLoss, regret, reviewCost }: AdjudicationView): Rows {
  const listed = (of: Readonly<Record<string, number | null>>, say: (value: number) => string) =>
    Object.entries(of)
      .map(([name, value]) => `${name} ${value === null ? 'unknown' : say(value)}`)
      .join(' · ')
  return [
    ['beliefs', listed(beliefs, percent)],
    ['expected loss', listed(expectedLoss, money)],
    ['regret', `${money(regret)}; asking a person costs ${money(reviewCost)}`],
  ]
}

function ended(detail: EscalationDetail): Rows {
  const { resolution } = detail
  if (resolution === null) return []
  return [
    ['answer', `${answerOf(detail)}, by ${resolution.by} (${plain(resolution.reason)})`],
    ['state', resolution.state ?? ''],
    ['wrong signals', resolution.wrongSignals.join(', ')],
  ]
}

function lastChange({ changes, history }: EscalationDetail): string {
  const last = history.findLast(({ changed }) => changed !== null)
  if (changes === 0 || !last) return ''
  return `${changes === 1 ? 'once' : `${changes} times`}, last ${clock(last.at)}: ${changesIn(last)}`
}

function changesIn({ changed }: StepView): string {
  return Object.entries(changed ?? {})
    .map(([field, { from, to }]) => `${field} ${inWords(from)} → ${inWords(to)}`)
    .join('; ')
}

function inWords(value: unknown): string {
  if (value === null || value === undefined) return 'none'
  if (Array.isArray(value)) return value.map(inWords).join(', ') || 'none'
  return plain(typeof value === 'string' ? value : JSON.stringify(value))
}

/** Facts come from elsewhere: they may hold anything. */
function factsOf({ accountDetail }: EscalationDetail, paint: Paints, terminal: Terminal): string {
  const { account, aliases, facts } = accountDetail
  const rows = Object.entries(facts).map(([name, value]) => [plain(name), inWords(value)] as const)
  return pairs([['id', account], ['aliases', aliases.join(', ')], ...rows], paint, terminal)
}

function evidence(answer: AdjudicationView | HiddenAdjudication, paint: Paints, terminal: Terminal): readonly string[] {
  const rules = section('Rules that hold', ruleTable(answer.rules, terminal), paint)
  if (answer.recommendation === null) return [section('Signals', claims(answer, terminal), paint), rules]
  const whole = answer as AdjudicationView
  return [
    section('Signals', signalTable(whole.signals, terminal), paint),
    rules,
    section('What would change the recommendation', flipLines(whole, terminal), paint),
  ]
}

/** What agents said, without what was made of it. */
function claims({ signals }: Pick<HiddenAdjudication, 'signals'>, terminal: Terminal): string {
  if (signals.length === 0) return '  none'
  const rows = signals.map(({ id, agent, claim, confidence, ageHours }) => [
    agent,
    claim,
    confidence === null ? '' : percent(confidence),
    ageOf(ageHours),
    id,
  ])
  const columns = ['agent', 'claim', 'sure', 'age', 'id'].map((head) => ({ head, flexible: head !== 'age' }))
  return table(columns, rows, terminal)
}

/** What the agent that waits is going to send, as it wrote it. */
function payloadOf({ untrusted }: EscalationDetail, paint: Paints, terminal: Terminal): readonly string[] {
  if (untrusted === null) return []
  const lines = JSON.stringify(untrusted.payload, null, 2).split('\n')
  const text = lines.map((line) => wrap(plain(line), terminal, '  ', '    ')).join('\n')
  return [section(`What ${untrusted.agent} is going to send`, text, paint)]
}

/** The options of `resolve`, with what may be given to each. */
function choices(detail: EscalationDetail, paint: Paints, terminal: Terminal): string {
  const { id, status, rule, recommended, decide } = detail
  if (status !== 'open' && status !== 'claimed') return ''
  const reasons = Object.entries(decide.reasons).map(([code, text]) => `${code} (${text})`)
  const signals = (detail.adjudicationDetail?.signals ?? []).map((signal) => `${signal.id} (${signal.agent})`)
  const rows: Rows =
    rule === null
      ? [
          ['--uphold', recommended ?? ''],
          ['--override', decide.actions.join(', ')],
          ['--dismiss', 'nothing is decided'],
          ['--reason', reasons.join(', ') || 'any'],
          ['--state', `if you know it: ${decide.states.join(', ')}`],
          ['--adjudication', detail.untrusted === null ? '' : detail.adjudication],
          ['--wrong', signals.length === 0 ? '' : `signals that were: ${signals.join(', ')}`],
        ]
      : [
          ['--dismiss', 'once it is mended'],
          ['--reason', reasons.join(', ') || 'any'],
        ]
  return `  umpire escalations resolve ${shortId(id)}\n${pairs(rows, paint, terminal)}`
}

export function historyOf(steps: readonly StepView[], terminal: Terminal): string {
  const lines = steps.map((step) => {
    const { at, kind, by, comment, changed } = step
    const what = [kind, by === null ? '' : `by ${by}`].filter(Boolean).join(' ')
    const said = [changed === null ? '' : changesIn(step), comment === null ? '' : plain(comment.replace(/\s+/g, ' '))]
    const more = said.filter(Boolean).join('; ')
    return wrap(`${clock(at)}  ${what}${more === '' ? '' : `: ${more}`}`, terminal, '  ', '    ')
  })
  return lines.join('\n')
}

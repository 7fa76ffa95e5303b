import type { Explanation } from '../../app/explanation.ts'
import { isWaiting } from '../../core/escalation/escalation.ts'
import { type Adjudication, AUTONOMY, type Autonomy, type Decision } from '../../core/model.ts'
import { money, spoken } from '../../core/phrases.ts'
import { shortHash } from '../../core/short-hash.ts'
import { waterfallOf } from '../../core/waterfall.ts'
import { flipLines, ruleTable, section, UNUSED } from '../answer.ts'
import { historyOf } from '../escalations/detail.ts'
import { clock } from '../escalations/time.ts'
import { type Paints, paints, plain, type Terminal, table, wrap } from '../terminal.ts'
import type { Answered } from './reasons.ts'
import { tellStory } from './story.ts'
import { renderWaterfall } from './waterfall.ts'

/** An answer, and of one that was kept, where it is and what people made of it since. */
export type Explained = Answered & Partial<Pick<Explanation, 'id' | 'ruleset' | 'item' | 'steps'>>

/** How an answer came about: told first, then drawn, and what became of it last. No line ends with a space. */
export function renderExplanation(explained: Explained, terminal: Terminal): string {
  const { decision, answer } = explained
  const paint = paints(terminal)
  const waterfall = waterfallOf(decision, answer)
  const sections = [
    wrap(paint.bold(answer.summary), terminal),
    wrap(plain(tellStory(explained)), terminal),
    whence(explained, terminal),
    section(
      `Evidence for ${waterfall.state} against the rest, in log-odds`,
      renderWaterfall(waterfall, terminal),
      paint,
    ),
    uncounted(answer, terminal),
    section('What each action would cost', costTable(explained, paint, terminal), paint),
    section('Rules that hold or failed', ruleTable(answer.rules, terminal), paint),
    section('What would flip it', flipLines(answer, terminal), paint),
    section('What people did since', since(explained, terminal), paint),
  ]
  return sections.filter((text) => text !== '').join('\n\n')
}

function whence({ id, ruleset, question }: Explained, terminal: Terminal): string {
  if (id === undefined || ruleset === undefined) return ''
  const { dim } = paints(terminal)
  const lines = [`Adjudication ${id}, ${clock(iso(question.now))}`, `under the rules ${shortHash(ruleset)}`]
  return lines.map((line) => dim(`  ${line}`)).join('\n')
}

function uncounted({ signals }: Adjudication, terminal: Terminal): string {
  const list = signals.flatMap(({ agent, claim, why }) =>
    why === undefined ? [] : [`${agent}: ${claim} (${UNUSED[why]})`],
  )
  return list.length === 0 ? '' : wrap(`Not counted: ${list.join(', ')}`, terminal, '  ', '    ')
}

function costTable({ decision, answer }: Answered, { bold }: Paints, terminal: Terminal): string {
  const { recommendation, proposal, expectedLoss } = answer
  const best = expectedLoss[recommendation.action ?? ''] ?? null
  const rows = decision.actions.map(({ name, autonomy }, action) => {
    const cost = expectedLoss[name] ?? null
    const isBest = name === recommendation.action
    const vetoes = vetoesOf(action, decision, answer)
    const notes = [
      isBest ? 'recommended' : '',
      name === proposal?.action ? 'proposed' : '',
      vetoes.length > 0 ? `ruled out by ${vetoes.join(' and ')}` : '',
    ]
    const extra = cost === null || best === null || isBest ? '' : difference(cost - best)
    const cells = [name, cost === null ? 'unknown' : money(cost), extra, allowed(action, autonomy, decision, answer)]
    return [...cells.map((cell) => (isBest ? bold(cell) : cell)), notes.filter(Boolean).join(', ')]
  })
  const right = 'right' as const
  return table(
    [
      { head: 'action', flexible: true, least: 24 },
      { head: 'on average', align: right },
      { head: 'extra', align: right },
      { head: 'autonomy' },
      { head: '', flexible: true },
    ],
    rows,
    terminal,
  )
}

/** What is ruled out, or a person has set aside, may cost less. */
function difference(extra: number): string {
  return `${extra < 0 ? '-' : '+'}${money(Math.abs(extra))}`
}

function vetoesOf(action: number, decision: Decision, answer: Adjudication): readonly string[] {
  return holding(decision, answer)
    .filter(({ effects }) => effects.some((effect) => effect.kind === 'veto' && effect.actions.includes(action)))
    .map(({ id }) => id)
}

/** The declared level, or the strictest to which a rule that holds caps it. */
function allowed(action: number, declared: Autonomy, decision: Decision, answer: Adjudication): Autonomy {
  const caps = holding(decision, answer)
    .flatMap(({ effects }) => effects.flatMap((effect) => (effect.kind === 'autonomyCap' ? effect.caps : [])))
    .filter((cap) => cap.action === action)
    .map(({ level }) => level)
  const strictest = Math.max(...[declared, ...caps].map((level) => AUTONOMY.indexOf(level)))
  return AUTONOMY[strictest] ?? declared
}

function holding({ rules }: Decision, answer: Adjudication): Decision['rules'] {
  const held = new Set(answer.rules.flatMap(({ id, error }) => (error === undefined ? [id] : [])))
  return rules.filter(({ id }) => held.has(id))
}

function since({ id, item = null, steps = [] }: Explained, terminal: Terminal): string {
  if (item === null) return ''
  const { status, queue, dueAt, claimedBy, resolution, adjudication, rule } = item
  const lines: string[] = []
  if (isWaiting(item)) {
    const holder = claimedBy === null ? `waits in ${queue}` : `is with ${claimedBy} of ${queue}`
    lines.push(`It ${holder}, due ${clock(iso(dueAt))}.`)
  } else if (resolution !== null) {
    const { by, at, action, reason, comment, state, wrongSignals } = resolution
    const what = action === null ? '' : `: ${spoken(action)}`
    const said = comment === null ? '' : ` "${plain(comment.replace(/\s+/g, ' '))}"`
    lines.push(`${clock(at)} ${by} ended it, ${resolution.resolution}${what} (${plain(reason)}).${said}`)
    if (state !== null) lines.push(`The account was ${spoken(state)}, they say.`)
    if (wrongSignals.length > 0) lines.push(`They call these signals wrong: ${wrongSignals.join(', ')}.`)
  } else lines.push(`It is ${status}.`)
  // Of what failed the newest may be about another account.
  if (adjudication !== id && rule === null) lines.push(`The question has been answered anew since: ${adjudication}`)
  return [...lines.map((line) => wrap(line, terminal, '  ', '    ')), historyOf(steps, terminal)]
    .filter(Boolean)
    .join('\n')
}

const iso = (time: number): string => new Date(time).toISOString()

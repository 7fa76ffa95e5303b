import type { Verdicts } from '../../backtest/report.ts'
import type { ShadowDecision } from '../../backtest/shadow.ts'
import { counted, number, percent } from '../../backtest/words.ts'
import { shortHash } from '../../core/short-hash.ts'
import { section } from '../answer.ts'
import { clock } from '../escalations/time.ts'
import { paints, plain, type Terminal, table, wrap } from '../terminal.ts'

/** What `GET /v1/shadow` answers. */
export interface ShadowView {
  readonly notice: string
  readonly running: boolean
  readonly ruleset: string | null
  readonly changes: readonly string[]
  readonly activations: number
  readonly startedAt: string | null
  readonly startedBy: string | null
  readonly stoppedAt: string | null
  readonly stoppedBy: string | null
  readonly stoppedBecause: 'stopped' | 'activated' | null
  readonly questions: number
  readonly decisions: readonly DecisionView[]
}

interface DecisionView extends Omit<ShadowDecision, 'newest' | 'newestErrors'> {
  readonly newest: readonly {
    readonly adjudication: string
    readonly account: string
    readonly at: string
    readonly active: { readonly answer: string }
    readonly candidate: { readonly answer: string } | null
  }[]
  readonly newestErrors: readonly {
    readonly adjudication: string
    readonly account: string
    readonly at: string
    readonly failures: readonly { readonly id: string; readonly error: string }[] | null
  }[]
}

interface Pair<T> {
  readonly from: T
  readonly to: T
  readonly questions: number
}

const RIGHT = { align: 'right' } as const

/**
 * What a shadow has found, for people: first that nobody was told any of it.
 * @param now milliseconds since the epoch
 */
export function renderShadow(found: ShadowView, now: number, terminal: Terminal): string {
  const { bold, yellow } = paints(terminal)
  const header = wrap(bold(yellow(found.notice)), terminal)
  if (found.ruleset === null || found.startedAt === null) {
    return `${header}\n\nNone has been started. \`umpire shadow start <directory>\` starts one.`
  }
  const parts = [
    header,
    whence(found, terminal),
    section('Other than in the rules that answered when it was started', changesOf(found, terminal), paints(terminal)),
    ...found.decisions.map((decision) => renderDecision(decision, terminal)),
    next(found, found.ruleset, Date.parse(found.startedAt), now, terminal),
  ]
  return parts.filter((text) => text !== '').join('\n\n')
}

function whence(found: ShadowView, terminal: Terminal): string {
  const { ruleset, startedAt, startedBy, stoppedAt, stoppedBy, stoppedBecause, activations, questions } = found
  const since = `${shortHash(ruleset ?? '')} was started by ${plain(startedBy ?? '')} on ${clock(startedAt ?? '')}`
  const ended =
    stoppedAt === null
      ? 'and runs'
      : stoppedBecause === 'activated'
        ? `and became the active set on ${clock(stoppedAt)}, by ${plain(stoppedBy ?? '')}`
        : `and stopped by ${plain(stoppedBy ?? '')} on ${clock(stoppedAt)}`
  const asked = askedWhile(questions, stoppedAt === null)
  const others =
    activations === 0
      ? ''
      : ` Other rules have become active since (${counted(activations, 'time')}): each answer is compared with the one that was given then.`
  return wrap(`${since}, ${ended}. ${asked}${others}`, terminal)
}

function askedWhile(questions: number, running: boolean): string {
  if (running) return questions === 0 ? 'Nothing has been asked yet.' : `${counted(questions, 'question')} so far.`
  const asked =
    questions === 0 ? 'Nothing was' : questions === 1 ? '1 question was' : `${number(questions)} questions were`
  return `${asked} asked in that time.`
}

function changesOf({ changes }: ShadowView, terminal: Terminal): string {
  return changes.map((change) => wrap(plain(change), terminal, '  ', '    ')).join('\n')
}

function renderDecision(decision: DecisionView, terminal: Terminal): string {
  const paint = paints(terminal)
  const { flipped, flippedShare, compared, proposals, evidence } = decision
  const of = flippedShare === null ? '' : ` of ${number(compared)} (${percent(flippedShare)})`
  return [
    paint.bold(decision.decision),
    wrap(notesOf(decision), terminal, '  '),
    section(`Answers that differ: ${number(flipped)}${of}`, flips(decision, terminal), paint),
    section(
      `Verdicts on proposals that differ: ${number(proposals.differ)} of ${number(proposals.judged)}`,
      verdicts(decision, terminal),
      paint,
    ),
    section(`What is known since of the newest ${number(evidence.flips)}`, known(decision, terminal), paint),
    section('The newest that differ', newest(decision, terminal), paint),
    section('The newest in which an expression of the shadow set failed', errors(decision, terminal), paint),
  ]
    .filter((text) => text !== '')
    .join('\n')
}

function notesOf({ questions, compared, people, ruled, notCompared, failed, errors }: DecisionView): string {
  const notes = [
    `${counted(compared, 'question')} of ${number(questions)} compared.`,
    people && `A person decides ${percent(people.active)}; under the shadow set ${percent(people.candidate)}.`,
    ruled > 0 && `${number(ruled)} had been settled by a person's earlier answer.`,
    notCompared > 0 && `The shadow set has no such decision: ${number(notCompared)} not compared.`,
    errors > 0 && `An expression of the shadow set failed in ${number(errors)}: it asks a person then.`,
    failed > 0 && `${number(failed)} it could not answer at all: see the log of the service.`,
  ]
  return notes.filter((note) => typeof note === 'string').join(' ')
}

function flips({ flips }: DecisionView, terminal: Terminal): string {
  if (flips.length === 0) return ''
  return pairTable('answered', 'shadow would have', flips, terminal)
}

function verdicts({ proposals }: DecisionView, terminal: Terminal): string {
  if (proposals.verdicts.length === 0) return ''
  const rows = proposals.verdicts.map(({ from, to, questions }) => ({
    from,
    to: to ?? 'has no such action',
    questions,
  }))
  return pairTable('said', 'shadow would have', rows, terminal)
}

function pairTable(from: string, to: string, pairs: readonly Pair<string | null>[], terminal: Terminal): string {
  const columns = [
    { head: from, flexible: true },
    { head: to, flexible: true },
    { head: 'questions', ...RIGHT },
  ]
  const rows = pairs.map((pair) => [pair.from ?? 'nothing', pair.to ?? 'nothing', number(pair.questions)])
  return table(columns, rows, terminal)
}

function known({ evidence: { outcomes, people, unknown } }: DecisionView, terminal: Terminal): string {
  const total = ({ agree, contradict, neither }: Verdicts) => agree + contradict + neither
  if (total(outcomes) + total(people) === 0) return ''
  const columns = [
    { head: '', flexible: true },
    { head: 'for the shadow', ...RIGHT },
    { head: 'against', ...RIGHT },
    { head: 'neither', ...RIGHT },
  ]
  const row = (name: string, { agree, contradict, neither }: Verdicts) => [
    name,
    ...[agree, contradict, neither].map(number),
  ]
  const rows = [
    ...(total(outcomes) > 0 ? [row('by what turned out to be true', outcomes)] : []),
    ...(total(people) > 0 ? [row('by what a person decided', people)] : []),
  ]
  const rest = unknown === 0 ? '' : `\n${wrap(`Of ${number(unknown)} nothing is known yet.`, terminal, '  ')}`
  return `${table(columns, rows, terminal)}${rest}`
}

function newest({ newest }: DecisionView, terminal: Terminal): string {
  if (newest.length === 0) return ''
  const columns = [
    { head: 'account', flexible: true },
    { head: 'asked (UTC)' },
    { head: 'answered', flexible: true },
    { head: 'shadow would have', flexible: true },
    { head: 'adjudication' },
  ]
  const rows = newest.map(({ account, at, active, candidate, adjudication }) => [
    plain(account),
    asked(at),
    active.answer,
    candidate?.answer ?? '',
    adjudication,
  ])
  return table(columns, rows, terminal)
}

/** Rules that an answer is listed with; all are over HTTP. */
const MOST_FAILURES = 3

function errors({ newestErrors }: DecisionView, terminal: Terminal): string {
  if (newestErrors.length === 0) return ''
  const columns = [
    { head: 'account', flexible: true },
    { head: 'asked (UTC)' },
    { head: 'failed', flexible: true },
    { head: 'adjudication' },
  ]
  const rows = newestErrors.map(({ account, at, failures, adjudication }) => [
    plain(account),
    asked(at),
    failed(failures),
    adjudication,
  ])
  return table(columns, rows, terminal)
}

function failed(failures: DecisionView['newestErrors'][number]['failures']): string {
  if (failures === null) return 'can not be asked again'
  const lines = failures.slice(0, MOST_FAILURES).map(({ id, error }) => plain(`${id}: ${error}`))
  const more = failures.length - lines.length
  return [...lines, ...(more > 0 ? [`and ${number(more)} more`] : [])].join('\n')
}

const asked = (at: string) => at.slice(0, 16).replace('T', ' ')

const DAY = 86_400_000

/** What to do about it. */
function next(
  { running, questions, stoppedBecause }: ShadowView,
  hash: string,
  startedAt: number,
  now: number,
  terminal: Terminal,
) {
  if (questions === 0 || stoppedBecause === 'activated') return ''
  const name = shortHash(hash)
  const days = Math.max(1, Math.ceil((now - startedAt) / DAY))
  const rows = [
    ['why one differs or fails', `umpire rules explain <adjudication> --under ${name}`],
    ['what it would have cost', `umpire backtest --candidate ${name} --since P${days}D`],
    ['let it answer', `umpire rules activate ${name}`],
    ...(running ? [['end the comparison', 'umpire shadow stop']] : []),
  ]
  return table([{ head: 'to see or do next' }, { head: '' }], rows, terminal)
}

import { isUtf8 } from 'node:buffer'
import path from 'node:path'
import type { Facts, Signal } from '../../core/model.ts'
import type { Ruleset } from '../../core/rules/load.ts'
import { fractionOf } from '../../core/stats/random.ts'
import type { Case, CaseBatch, PastAgent } from '../case.ts'
import { BacktestError } from '../failure.ts'
import type { LinesPiece, Reading } from '../history.ts'
import { byName } from '../measures/compared.ts'
import type { Pair } from '../report.ts'
import { type Fields, parseFields } from './fields.ts'
import { untagged } from './tags.ts'

interface OutcomeLine {
  readonly line: number
  readonly state: string
  readonly decision: string | null
  readonly observedAt: number | null
  readonly split: string | null
}

/** `sequence` is the line; what has no time of its own has none yet. */
type SignalLine = Omit<Signal, 'observedAt'> & { readonly observedAt: number | null }

/** What the files say of an account. */
interface Past {
  facts: { readonly line: number; readonly facts: Facts } | null
  readonly signals: SignalLine[]
  readonly outcomes: OutcomeLine[]
}

/**
 * The questions of the accounts of a piece: one per outcome, as of its `observedAt`, or where it has none after all
 * signals of the account. An outcome that names no decision is asked of every decision that has its state.
 *
 * @throws BacktestError naming file and line
 */
export function casesOfLines({ bytes, reading }: LinesPiece, rulesets: Pair<Ruleset>): CaseBatch {
  const cases: Case[] = []
  let accountsWithoutOutcome = 0
  for (const [account, past] of pastOf(bytes, reading)) {
    if (past.outcomes.length === 0) accountsWithoutOutcome += 1
    for (const outcome of past.outcomes) {
      if (reading.split !== null && outcome.split !== reading.split) continue
      for (const decision of decisionsOf(outcome, rulesets)) {
        if (reading.decision === null || reading.decision === decision) {
          cases.push(caseOf(account, past, outcome, decision, reading))
        }
      }
    }
  }
  return { cases, accountsWithoutOutcome, erased: 0 }
}

/** By account, in the order in which the files first name them. */
function pastOf(bytes: Uint8Array, { files }: Reading): ReadonlyMap<string, Past> {
  const accounts = new Map<string, Past>()
  const isText = isUtf8(bytes)
  for (const tagged of Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString().split('\n')) {
    if (tagged === '') continue
    const { kind, line, text } = untagged(tagged)
    const place = `${files[kind]}:${line}`
    // What can't be decoded becomes U+FFFD.
    if (!isText && text.includes('\ufffd'))
      throw new BacktestError(`${place}: not UTF-8; save the file in that encoding`)
    const fields = parseFields(text, place)
    const account = fields.text('account')
    let past = accounts.get(account)
    if (past === undefined) {
      past = { facts: null, signals: [], outcomes: [] }
      accounts.set(account, past)
    }
    if (kind === 'signals') past.signals.push(signalOf(fields, line))
    else if (kind === 'outcomes') past.outcomes.push(outcomeOf(fields, line))
    else if (past.facts === null) past.facts = { line, facts: fields.object('facts') }
    else throw fields.wrong(`account \`${account}\` has line ${past.facts.line} already; keep one`)
  }
  return accounts
}

function signalOf(fields: Fields, line: number): SignalLine {
  return {
    sequence: line,
    id: fields.text('id'),
    agent: fields.text('agent'),
    claim: fields.text('claim'),
    confidence: fields.probability('confidence'),
    score: fields.number('score'),
    observedAt: fields.time('observedAt'),
    expiresAt: fields.time('expiresAt'),
  }
}

function outcomeOf(fields: Fields, line: number): OutcomeLine {
  return {
    line,
    state: fields.text('state'),
    decision: fields.optionalText('decision'),
    observedAt: fields.time('observedAt'),
    split: fields.optionalText('split'),
  }
}

function decisionsOf({ decision, state }: OutcomeLine, { baseline, candidate }: Pair<Ruleset>): readonly string[] {
  if (decision !== null) return [decision]
  const all = [...baseline.decisions.values(), ...candidate.decisions.values()]
  const having = all.filter(({ states }) => states.some(({ name }) => name === state))
  return [...new Set((having.length > 0 ? having : all).map(({ name }) => name))].sort(byName)
}

function caseOf(account: string, past: Past, outcome: OutcomeLine, decision: string, to: Reading): Case {
  const own = outcome.observedAt ?? newest(past.signals)
  const now = own ?? to.now
  const signals = heardBy(now, past.signals)
  return {
    id: null,
    link: `${path.basename(to.files.outcomes)}:${outcome.line}`,
    account,
    decision,
    now,
    dated: own !== null,
    draw: fractionOf(`${account}\n${decision}\n${now}`),
    facts: past.facts?.facts ?? {},
    signals,
    agents: agentsOf(signals),
    proposal: null,
    taken: [],
    state: outcome.state,
    resolved: null,
    recorded: null,
  }
}

function newest(signals: readonly SignalLine[]): number | null {
  let newest: number | null = null
  for (const { observedAt } of signals) if (observedAt !== null) newest = Math.max(newest ?? observedAt, observedAt)
  return newest
}

/** Those that had been observed by then; what has no time of its own was observed just then. */
function heardBy(now: number, signals: readonly SignalLine[]): readonly Signal[] {
  const heard: Signal[] = []
  for (const signal of signals) {
    const { observedAt } = signal
    if (observedAt === null) heard.push({ ...signal, observedAt: now })
    else if (observedAt <= now) heard.push(signal as Signal)
  }
  return heard
}

function agentsOf(signals: readonly Signal[]): readonly PastAgent[] {
  const agents: PastAgent[] = []
  for (const { agent } of signals) {
    if (!agents.some(({ name }) => name === agent)) agents.push({ name: agent, sequence: 0, overrides: null })
  }
  return agents
}

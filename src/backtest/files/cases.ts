import path from 'node:path'
import { z } from 'zod'
import type { Facts, Signal } from '../../core/model.ts'
import type { Ruleset } from '../../core/rules/load.ts'
import { fractionOf } from '../../core/stats/random.ts'
import type { Case, CaseBatch, PastAgent } from '../case.ts'
import { BacktestError } from '../failure.ts'
import type { FileKind, LinesPiece, Reading } from '../history.ts'
import { byName } from '../measures/compared.ts'
import type { Pair } from '../report.ts'

const name = z.string().min(1)
const time = z.iso.datetime({ offset: true }).transform((text) => Date.parse(text))

const accountLine = z.object({ account: name, facts: z.record(z.string(), z.unknown()) })
const signalLine = z.object({
  id: name,
  agent: name,
  account: name,
  claim: name,
  confidence: z.number().min(0).max(1).nullish(),
  score: z.number().nullish(),
  observedAt: time.nullish(),
  expiresAt: time.nullish(),
})
const outcomeLine = z.object({
  account: name,
  state: name,
  decision: name.nullish(),
  observedAt: time.nullish(),
  split: z.string().nullish(),
})

type SignalLine = z.output<typeof signalLine>
type OutcomeLine = z.output<typeof outcomeLine>

interface Past {
  facts: { readonly line: number; readonly facts: Facts } | null
  readonly signals: (SignalLine & { readonly line: number })[]
  readonly outcomes: (OutcomeLine & { readonly line: number })[]
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
function pastOf(bytes: Uint8Array, reading: Reading): ReadonlyMap<string, Past> {
  const accounts = new Map<string, Past>()
  const past = (account: string) => {
    const known = accounts.get(account) ?? { facts: null, signals: [], outcomes: [] }
    accounts.set(account, known)
    return known
  }
  for (const tagged of Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString().split('\n')) {
    if (tagged === '') continue
    const space = tagged.indexOf(' ')
    const line = Number(tagged.slice(1, space))
    const text = tagged.slice(space + 1)
    switch (tagged[0]) {
      case 'a': {
        const { account, facts } = parseLine(text, accountLine, reading, 'accounts', line)
        const of = past(account)
        if (of.facts !== null) {
          const before = `${reading.files.accounts}:${of.facts.line}`
          throw new BacktestError(
            `${reading.files.accounts}:${line}: account \`${account}\` has a line already, ${before}; keep one`,
          )
        }
        of.facts = { line, facts }
        break
      }
      case 's': {
        const signal = parseLine(text, signalLine, reading, 'signals', line)
        past(signal.account).signals.push({ ...signal, line })
        break
      }
      default: {
        const outcome = parseLine(text, outcomeLine, reading, 'outcomes', line)
        past(outcome.account).outcomes.push({ ...outcome, line })
      }
    }
  }
  return accounts
}

function parseLine<S extends z.ZodType>(
  text: string,
  schema: S,
  { files }: Reading,
  kind: FileKind,
  line: number,
): z.output<S> {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    throw new BacktestError(`${files[kind]}:${line}: not JSON; each line must be a JSON object`)
  }
  const { data, error } = schema.safeParse(value)
  if (!error) return data
  const [issue] = error.issues
  const field = issue?.path.join('.') || 'the line'
  throw new BacktestError(
    `${files[kind]}:${line}: \`${field}\` is missing or wrong (${issue?.message}); write the line as in examples/telco`,
  )
}

function decisionsOf({ decision, state }: OutcomeLine, { baseline, candidate }: Pair<Ruleset>): readonly string[] {
  if (decision != null) return [decision]
  const all = [...baseline.decisions.values(), ...candidate.decisions.values()]
  const having = all.filter(({ states }) => states.some(({ name }) => name === state))
  return [...new Set((having.length > 0 ? having : all).map(({ name }) => name))].sort(byName)
}

function caseOf(
  account: string,
  past: Past,
  outcome: OutcomeLine & { line: number },
  decision: string,
  to: Reading,
): Case {
  const observed = past.signals.map(({ observedAt }) => observedAt ?? null).filter((at) => at !== null)
  const own = outcome.observedAt ?? (observed.length > 0 ? Math.max(...observed) : null)
  const now = own ?? to.now
  const signals = past.signals.filter(({ observedAt }) => (observedAt ?? now) <= now).map((one) => toSignal(one, now))
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
    state: outcome.state,
    resolved: null,
    recorded: null,
  }
}

/** As `POST /v1/signals` would have taken it in; what has no time of its own was observed just before it was asked. */
function toSignal(
  { id, agent, claim, confidence, score, observedAt, expiresAt, line }: Past['signals'][number],
  now: number,
): Signal {
  return {
    sequence: line,
    id,
    agent,
    claim,
    confidence: confidence ?? null,
    score: score ?? null,
    observedAt: observedAt ?? now,
    expiresAt: expiresAt ?? null,
  }
}

function agentsOf(signals: readonly Signal[]): readonly PastAgent[] {
  const names = new Set(signals.map(({ agent }) => agent))
  return [...names].map((name) => ({ name, sequence: 0, overrides: null }))
}

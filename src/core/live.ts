import type { Agent, Claim, Decision, LedgerRule, Proposal, Question, Signal, Unused } from './model.ts'
import { evaluateCondition } from './rules/evaluate.ts'
import { ExpressionError, type Scope, type SignalView } from './rules/expression.ts'

/** At most this many signals are used, the newest. Others are in the ledger with weight 0. */
const MOST_USED = 200

const HOUR = 3_600_000

/** A signal that stands at the moment of the adjudication, and whether it is used. */
export interface LiveSignal {
  readonly signal: Signal
  readonly agent: Agent
  /** Null: the decision does not map the claim. */
  readonly claim: Claim | null
  /** What the agent stated, or what its scale makes of the score; null: neither. */
  readonly confidence: number | null
  readonly ageHours: number
  readonly unused: Unused | null
  /** What rules see of it; null where its agent is not heard. */
  readonly view: SignalView | null
  /** Shared by all signals of the agent. */
  readonly voice: Voice
  /** The agent's next newer one. */
  readonly newer: LiveSignal | null
}

export interface UsedSignal extends LiveSignal {
  readonly claim: Claim
  readonly unused: null
  readonly view: SignalView
}

/** What one agent says in one adjudication. */
export interface Voice {
  /** How many of its signals are used. */
  used: number
}

export interface Live {
  /** Newest first. */
  readonly signals: readonly LiveSignal[]
  readonly used: readonly UsedSignal[]
  /** Those of agents that are heard, whether the decision maps them or not: what rules see. */
  readonly views: readonly SignalView[]
  /** Whether the proposing agent may act here; null: no proposal, or its scope failed. */
  readonly proposerInScope: boolean | null
  /** Scopes of agents that could not be evaluated. */
  readonly failures: readonly LedgerRule[]
}

/** An agent's voice while its signals are read, newest first. */
interface OpenVoice extends Voice {
  readonly agent: Agent
  /** Undefined: not asked, because it is not heard anyway. */
  readonly inScope: boolean | ExpressionError | undefined
  readonly unheard: Unused | null
  readonly view: SignalView['agent'] | null
  /** The last that was read of it. */
  latest: LiveSignal | null
}

/**
 * Decides which signals are heard and why the others are not.
 *
 * Live are the unexpired signals of agents that are not muted, the newest per (agent, claim). The result does not
 * depend on the order of `question.signals`.
 *
 * @param account what the scopes of agents see.
 * @throws {Error} if the question lacks an agent that a signal or the proposal names.
 */
export function listen(decision: Decision, question: Question, account: Scope): Live {
  const { now, proposal } = question
  const voices = new Map<string, OpenVoice>()
  const signals: LiveSignal[] = []
  const used: UsedSignal[] = []
  const views: SignalView[] = []
  const failures: LedgerRule[] = []

  for (const signal of unexpired(question.signals, now).sort(newestFirst)) {
    let voice = voices.get(signal.agent)
    if (voice === undefined) {
      voice = openVoice(agentNamed(question, signal.agent), now, account, failures)
      voices.set(signal.agent, voice)
    }
    const { agent } = voice
    const newer = voice.latest
    if (agent.mode === 'muted' || hasSaid(newer, signal.claim)) continue

    const claim = decision.claims.get(signal.claim) ?? null
    const confidence = statedConfidence(signal, agent)
    const ageHours = Math.max(0, now - signal.observedAt) / HOUR
    const unused = whyUnused(voice, claim, proposal, used.length)

    let view: SignalView | null = null
    if (voice.view !== null) {
      const certainty = confidence ?? agent.defaultConfidence
      view = { id: signal.id, agent: voice.view, claim: signal.claim, confidence: certainty, ageHours }
      views.push(view)
    }
    const live = { signal, agent, claim, confidence, ageHours, unused, view, voice, newer }
    voice.latest = live
    signals.push(live)
    if (isUsed(live)) {
      used.push(live)
      voice.used += 1
    }
  }
  return { signals, used, views, proposerInScope: mayPropose(question, voices, account, failures), failures }
}

/** An agent whose scope fails is not heard, and the failure makes a person look. */
function openVoice(agent: Agent, now: number, account: Scope, failures: LedgerRule[]): OpenVoice {
  const silent = agent.mode !== 'live' || (agent.until !== null && now >= agent.until)
  const inScope = silent ? undefined : holdsScope(agent, account, failures)
  const unheard = silent ? 'agent_in_shadow' : inScope === true ? null : 'agent_out_of_scope'
  const view = unheard === null ? { name: agent.name, kind: agent.kind, trust: agent.trust } : null
  return { agent, inScope, unheard, view, used: 0, latest: null }
}

function holdsScope(agent: Agent, account: Scope, failures: LedgerRule[]): boolean | ExpressionError {
  if (agent.scope === null) return true
  const answer = evaluateCondition(agent.scope, account)
  if (answer instanceof ExpressionError) {
    const because = 'The scope of the agent could not be evaluated'
    failures.push({ id: `agent:${agent.name}`, effect: null, because, error: answer.message })
  }
  return answer
}

function mayPropose(
  question: Question,
  voices: ReadonlyMap<string, OpenVoice>,
  account: Scope,
  failures: LedgerRule[],
): boolean | null {
  if (question.proposal === null) return null
  const { agent } = question.proposal
  const answer = voices.get(agent)?.inScope ?? holdsScope(agentNamed(question, agent), account, failures)
  return answer instanceof ExpressionError ? null : answer
}

function whyUnused(voice: OpenVoice, claim: Claim | null, proposal: Proposal | null, used: number): Unused | null {
  if (voice.unheard !== null) return voice.unheard
  if (claim === null) return 'claim_not_mapped'
  if (contradicts(claim, voice.latest)) return 'superseded'
  if (voice.agent.name === proposal?.agent) return 'own_case'
  return used < MOST_USED ? null : 'beyond_newest_200'
}

function isUsed(live: LiveSignal): live is UsedSignal {
  return live.unused === null
}

function unexpired(signals: readonly Signal[], now: number): Signal[] {
  return signals.filter((signal) => signal.expiresAt === null || signal.expiresAt > now)
}

/** By observation, then receipt; the names decide only between streams that an alias has joined. */
function newestFirst(a: Signal, b: Signal): number {
  return b.observedAt - a.observedAt || b.sequence - a.sequence || compare(a.agent, b.agent) || compare(a.id, b.id)
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}

function hasSaid(newest: LiveSignal | null, claim: string): boolean {
  for (let live = newest; live !== null; live = live.newer) if (live.signal.claim === claim) return true
  return false
}

/** Whether one of the newer signals points only at other states. */
function contradicts({ pointsAt }: Claim, newest: LiveSignal | null): boolean {
  for (let live = newest; live !== null; live = live.newer) {
    if (live.claim !== null && !live.claim.pointsAt.some((state) => pointsAt.includes(state))) return true
  }
  return false
}

function agentNamed(question: Question, name: string): Agent {
  const agent = question.agents.get(name)
  if (agent === undefined) throw new Error(`the question lacks the agent \`${name}\`; add it to its agents`)
  return agent
}

function statedConfidence(signal: Signal, agent: Agent): number | null {
  if (signal.confidence !== null) return signal.confidence
  return signal.score === null || agent.scale === null ? null : interpolate(agent.scale, signal.score)
}

/** Piecewise linear through the points, which ascend; level beyond the ends. */
function interpolate(points: readonly (readonly [number, number])[], x: number): number | null {
  const right = points.findIndex(([at]) => x <= at)
  if (right === -1) return points.at(-1)?.[1] ?? null
  const [x1, y1] = points[right] as readonly [number, number]
  const left = points[right - 1]
  if (left === undefined || x === x1) return y1
  const [x0, y0] = left
  return y0 + ((x - x0) / (x1 - x0)) * (y1 - y0)
}

/** What an account's agents say now: of those that have not expired the newest per (agent, claim), newest first. */
export function liveSignals(signals: readonly Signal[], now: number): readonly Signal[] {
  const seen = new Set<string>()
  return unexpired(signals, now)
    .sort(newestFirst)
    .filter(({ agent, claim }) => {
      const pair = `${agent}\n${claim}`
      return !seen.has(pair) && seen.add(pair)
    })
}

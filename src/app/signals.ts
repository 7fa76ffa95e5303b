import type { Agent, Signal } from '../core/model.ts'
import { bodyOf, canonicalJson } from '../storage/chain.ts'
import { signalKey } from '../storage/load.ts'
import type { App } from './app.ts'
import type { AccountPage, Book } from './book.ts'
import { type ItemResult, takeInEach } from './items.ts'
import { type Principal, speaksFor } from './principal.ts'
import { Problem } from './problem.ts'
import { raiseQuestions } from './questions.ts'

/** A signal as it was sent. */
export interface SignalInput {
  readonly id: string
  readonly agent: string
  readonly account: string
  readonly claim: string
  readonly agentVersion?: string | undefined
  readonly confidence?: number | undefined
  readonly score?: number | undefined
  readonly observedAt?: string | undefined
  readonly expiresAt?: string | null | undefined
  readonly recommends?: string | undefined
  readonly evidence?: readonly { readonly label: string; readonly url?: string | undefined }[] | undefined
  readonly attributes?: Readonly<Record<string, unknown>> | undefined
}

export interface SignalResult extends ItemResult {
  readonly id: string
  readonly agent: string
}

/** Takes in signals, each on its own: those of one account in the order given, and a bad one stops no other. */
export async function ingestSignals(
  app: App,
  principal: Principal,
  signals: readonly SignalInput[],
): Promise<readonly SignalResult[]> {
  const results = await takeInEach(
    app.desk,
    signals,
    (sent) => ({ agents: sent.map((signal) => signal.agent), signals: sent }),
    (book, signal) => {
      const page = book.account(signal.account)
      if (!checkSignal(app, principal, book, page, signal).isNew) return 'duplicate'
      acceptSignal(book, page, signal, principal)
      raiseQuestions(app, book, page, 'signal')
      return 'accepted'
    },
  )
  for (const status of ['accepted', 'duplicate', 'rejected'] as const) {
    app.metrics.ingested(status, results.filter((result) => result.status === status).length)
  }
  return results.map((result, i) => ({ id: signals[i]!.id, agent: signals[i]!.agent, ...result }))
}

/**
 * Whether the signal may be taken in, and whether it is new.
 * @throws Problem `agent_not_allowed`, `score_without_scale`, `signal_conflict`
 */
function checkSignal(
  app: App,
  principal: Principal,
  book: Book,
  page: AccountPage,
  input: SignalInput,
): { readonly isNew: boolean } {
  const { id, agent } = input
  if (!speaksFor(principal, agent)) {
    throw new Problem('agent_not_allowed', `key \`${principal.name}\` does not speak for agent \`${agent}\``)
  }
  const before = book.knownSignal(page.account, agent, id)
  if (before === undefined) {
    const standing: Agent = app.rules.agent(app.rules.active, agent, book.agent(agent))
    if (input.score !== undefined && standing.scale === null) {
      throw new Problem('score_without_scale', withoutScale(agent))
    }
    return { isNew: true }
  }
  if (before !== null) demandSame(bodyOf<SignalBody>(before).signal, input)
  return { isNew: false }
}

export function withoutScale(agent: string): string {
  return `agent \`${agent}\` has no scale that turns a score into a confidence; declare one in agents.yaml or send a confidence`
}

/** @throws Problem `signal_conflict` */
function demandSame(before: SentSignal, input: SignalInput): void {
  if (canonicalJson(before) === canonicalJson(asSent(input))) return
  const { id, agent } = input
  throw new Problem('signal_conflict', `signal \`${id}\` of \`${agent}\` was accepted before with other content`)
}

/**
 * Of the signals of one request those that are new, each once.
 * @throws Problem for the first that may not be taken in; see `checkSignal`
 */
export function freshSignals(
  app: App,
  principal: Principal,
  book: Book,
  page: AccountPage,
  inputs: readonly SignalInput[],
): readonly SignalInput[] {
  const fresh = new Map<string, SignalInput>()
  for (const input of inputs) {
    if (!checkSignal(app, principal, book, page, input).isNew) continue
    const key = signalKey(page.account, input.agent, input.id)
    const twin = fresh.get(key)
    if (twin) demandSame(asSent(twin), input)
    else fresh.set(key, input)
  }
  return [...fresh.values()]
}

/** Writes a new signal into the account's trail and among those that stand. */
export function acceptSignal(book: Book, page: AccountPage, input: SignalInput, principal: Principal): void {
  book.register(input.agent)
  const entry = page.append('signal', { by: principal.name, signal: asSent(input) })
  page.addSignal(toSignal(input, entry.sequence, book.now))
  book.rememberSignal(page.account, input.agent, input.id, entry.payload)
}

/** The signal as the core sees it. Without a time of its own it was observed now. */
export function toSignal(input: SignalInput, sequence: number, now: number): Signal {
  return {
    sequence,
    id: input.id,
    agent: input.agent,
    claim: input.claim,
    confidence: input.confidence ?? null,
    score: input.score ?? null,
    observedAt: input.observedAt === undefined ? now : Date.parse(input.observedAt),
    expiresAt: input.expiresAt ? Date.parse(input.expiresAt) : null,
  }
}

/** What is kept of a signal in the trail. */
export interface SignalBody {
  readonly by: string
  readonly signal: SentSignal
}

/** What makes two sendings the same: everything but the name under which the account was addressed. */
export type SentSignal = Omit<SignalInput, 'account'>

/** Sorted keys, since the trail keeps it so. What was not sent is undefined and not written. */
function asSent(input: SignalInput): SentSignal {
  const { agent, agentVersion, attributes, claim, confidence, evidence, expiresAt, id, observedAt, recommends, score } =
    input
  return { agent, agentVersion, attributes, claim, confidence, evidence, expiresAt, id, observedAt, recommends, score }
}

import { byUrgency, type Escalation, withdrawEscalation } from '../core/escalation/escalation.ts'
import { liveSignals } from '../core/live.ts'
import type { Facts, Signal } from '../core/model.ts'
import { newestAdjudications } from '../storage/adjudications.ts'
import { bodyOf } from '../storage/chain.ts'
import { listEscalations } from '../storage/escalations.ts'
import type { TakenLease } from '../storage/load.ts'
import type { App } from './app.ts'
import type { AccountPage, Book } from './book.ts'
import { type ItemView, itemView } from './escalations/item-view.ts'
import { demandSmall } from './facts.ts'
import { renderAll } from './history.ts'
import { demand, type Principal } from './principal.ts'
import { Problem } from './problem.ts'
import { overlaid } from './question.ts'
import { raiseQuestions } from './questions.ts'
import type { SentSignal, SignalBody } from './signals.ts'
import type { AdjudicationView } from './view.ts'

export interface AccountChange {
  /** Merged at the top level; null takes a fact away. */
  readonly facts?: Facts | undefined
  readonly aliases?: readonly string[] | undefined
}

export interface AccountView {
  readonly account: string
  readonly aliases: readonly string[]
  readonly facts: Facts
  /** The live ones. */
  readonly signals: readonly object[]
  /** The newest of each decision. */
  readonly adjudications: readonly AdjudicationView[]
  readonly escalations: readonly ItemView[]
}

const OPEN_SHOWN = 200

/**
 * Merges facts and adds aliases. A name that was an account of its own joins this one: its facts where this one has
 * none, what waits for people, and its standing signals and what people decided, which become entries of this account's
 * trail. Its own trail ends with the joining, so that whoever takes in something for it at that moment notices.
 *
 * @throws Problem `facts_too_large`, `alias_conflict`
 */
export async function putAccount(
  app: App,
  principal: Principal,
  name: string,
  change: AccountChange,
): Promise<AccountView> {
  await changeAccount(app, principal, name, change)
  return getAccount(app, name)
}

/** `putAccount`, for those who need not see what the account is then. */
export async function changeAccount(
  app: App,
  principal: Principal,
  name: string,
  change: AccountChange,
): Promise<void> {
  demand(principal, 'accounts:write')
  const aliases = [...new Set(change.aliases ?? [])].filter((alias) => alias !== name)
  await app.desk.submit({
    accounts: [name, ...aliases],
    said: aliases,
    takenSince: aliases.length > 0 ? app.now() - longestCooldown(app) : null,
    serve(book) {
      const page = book.account(name)
      const before = aliases.filter((alias) => isNew(book, page, alias)).map((alias) => book.account(alias))
      const merged = overlaid(Object.assign({}, ...before.map((other) => other.facts), page.facts), change.facts)
      demandSmall(merged, 'the account')
      for (const other of before) join(book, page, other, principal)
      if (JSON.stringify(merged) === JSON.stringify(page.facts) && page.isKnown) return
      const entry = page.append('facts', { by: principal.name, changed: change.facts ?? {}, facts: merged })
      page.setFacts(merged, entry.sequence)
      raiseQuestions(app, book, page, 'fact')
    },
  })
}

/** Of all decisions, in milliseconds. */
const longestCooldown = ({ rules }: App): number =>
  Math.max(0, ...[...rules.active.decisions.values()].map((decision) => decision.longestCooldown))

/** @throws Problem `alias_conflict` where the alias can't become one of this account */
function isNew(book: Book, page: AccountPage, alias: string): boolean {
  const other = book.account(alias)
  if (other.account === page.account) return false
  if (other.account !== alias) {
    throw new Problem('alias_conflict', `\`${alias}\` is an alias of \`${other.account}\` already`)
  }
  if (other.aliases.length > 0) {
    const names = other.aliases.map((name) => `\`${name}\``).join(', ')
    throw new Problem('alias_conflict', `\`${alias}\` is an account with aliases of its own (${names})`)
  }
  return true
}

/** What waits for a person about both waits once: the more urgent of two goes on. */
function shared(page: AccountPage, other: AccountPage) {
  const doubled: (readonly [item: Escalation, into: Escalation])[] = []
  const moved: Escalation[] = []
  for (const theirs of other.waiting) {
    const mine = page.waitingFor(theirs.decision)
    if (mine === null || byUrgency(theirs, mine) < 0) moved.push(theirs)
    if (mine !== null) doubled.push(byUrgency(theirs, mine) < 0 ? [mine, theirs] : [theirs, mine])
  }
  return { moved, doubled }
}

function join(book: Book, page: AccountPage, other: AccountPage, { name: by }: Principal): void {
  const { moved, doubled } = shared(page, other)
  const step = page.append('alias', {
    by,
    alias: other.account,
    joinedAtSequence: other.head.sequence,
    ...(doubled.length > 0 && { withdrew: doubled.map(([item]) => item.id) }),
  })
  other.append('joined', { by, account: page.account })
  book.makeAlias(other, page)
  for (const item of moved) book.put({ ...item, account: page.account }, step)
  for (const [item, { id: into }] of doubled) {
    const here = { ...item, account: page.account }
    const ended = withdrawEscalation(here, { reason: 'account_joined', into }, item.adjudication, book.now)
    book.put(ended, step)
    book.notify('escalation.withdrawn', ended, step)
    // Each was asked with half of what is known.
    book.raise(page.account, item.decision, step.sequence)
  }
  for (const [decision, { sequence: _, ...ruling }] of other.rulings) {
    if (ruling.until <= book.now || ruling.at <= (page.ruling(decision)?.at ?? 0)) continue
    const { sequence } = page.append('ruling.joined', { decision, from: other.account, ruling })
    book.rule(page, decision, { ...ruling, sequence })
  }
  for (const taken of other.taken) joinLease(book, page, other, taken)
  if (page.hasLeases || other.hasLeases) book.stirLeases(page.account)
  for (const signal of other.signals) {
    const { id, agent, claim } = signal
    if (page.signals.some((mine) => mine.agent === agent && mine.id === id)) continue
    const payload = book.knownSignal(other.account, agent, id)
    // Of one that has been erased only its bare words are left.
    const body = payload ? bodyOf<SignalBody>(payload).signal : { id, agent, claim }
    const entry = page.append('signal.joined', { from: other.account, signal: body })
    page.addSignal({ ...signal, sequence: entry.sequence })
    book.rememberSignal(page.account, agent, id, entry.payload)
  }
}

/** What was done with an account has been done with the one that it joins. */
function joinLease(book: Book, page: AccountPage, other: AccountPage, taken: TakenLease): void {
  const { lease: id, action, tags, at } = taken
  const entry = { lease: id, action, tags, at: new Date(at).toISOString(), from: other.account }
  const { sequence } = page.append('lease.joined', entry)
  page.take({ ...taken, sequence })
  const settled_at = new Date(at).toISOString()
  book.writes.update('leases', { id, account_id: page.account, status: 'redeemed', settled_at, sequence, reason: null })
}

/** @throws Problem `not_found` for an account never seen */
export async function getAccount(app: App, name: string, viewer?: Principal): Promise<AccountView> {
  const { page, sent } = await app.desk.submit({
    accounts: [name],
    said: [name],
    serve(book) {
      const page = book.account(name)
      return { page, sent: (signal: Signal) => book.knownSignal(page.account, signal.agent, signal.id) }
    },
  })
  if (!page.isKnown && page.aliases.length === 0)
    throw new Problem('not_found', `account \`${name}\` has never been seen`)
  const now = app.now()
  const accounts = [page.account, ...page.aliases]
  const [adjudications, escalations] = await Promise.all([
    newestAdjudications(app.db, page.account, [...app.rules.active.decisions.keys()]),
    listEscalations(app.db, { accounts, status: ['open', 'claimed'] }, undefined, OPEN_SHOWN),
  ])
  return {
    account: page.account,
    aliases: page.aliases,
    facts: page.facts,
    signals: liveSignals(page.signals, now).map((signal) => signalView(signal, sent(signal))),
    adjudications: await renderAll(app, adjudications, viewer),
    escalations: escalations.map((item) => itemView(app, item)),
  }
}

/** @param payload with which the signal was accepted; null where it has been erased */
function signalView({ observedAt, expiresAt, ...signal }: Signal, payload: string | null | undefined) {
  const sent: Partial<SentSignal> = payload ? bodyOf<SignalBody>(payload).signal : {}
  const { agentVersion, recommends, evidence = [], attributes = {} } = sent
  return {
    ...signal,
    observedAt: new Date(observedAt).toISOString(),
    expiresAt: expiresAt === null ? null : new Date(expiresAt).toISOString(),
    /** What the agent wrote, which is nobody's word. */
    untrusted: { agentVersion: agentVersion ?? null, recommends: recommends ?? null, evidence, attributes },
  }
}

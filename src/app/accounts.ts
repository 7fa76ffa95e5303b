import { liveSignals } from '../core/live.ts'
import type { Facts, Signal } from '../core/model.ts'
import { newestAdjudications } from '../storage/adjudications.ts'
import { readPayloads } from '../storage/audit.ts'
import { bodyOf } from '../storage/chain.ts'
import { listEscalations } from '../storage/escalations.ts'
import type { App } from './app.ts'
import type { AccountPage, Book } from './book.ts'
import { renderAll } from './history.ts'
import { demand, type Principal } from './principal.ts'
import { Problem } from './problem.ts'
import { overlaid } from './question.ts'
import type { SentSignal, SignalBody } from './signals.ts'
import { type AdjudicationView, type EscalationView, escalationView } from './view.ts'

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
  readonly escalations: readonly EscalationView[]
}

/** 64 KiB, as UTF-8 JSON. */
const LARGEST_FACTS = 64 * 1024
const OPEN_SHOWN = 200

/**
 * Merges facts and adds aliases. A name that was an account of its own joins this one: its facts where this one has
 * none, and its standing signals, which become entries of this account's trail; its own trail stays as it was.
 *
 * @throws Problem `facts_too_large`, `alias_conflict`
 */
export async function putAccount(
  app: App,
  principal: Principal,
  name: string,
  change: AccountChange,
): Promise<AccountView> {
  demand(principal, 'accounts:write')
  const aliases = [...new Set(change.aliases ?? [])].filter((alias) => alias !== name)
  const sent = await readSent(app, aliases)
  await app.desk.submit({
    accounts: [name, ...aliases],
    serve(book) {
      const page = book.account(name)
      const joining = aliases.filter((alias) => isNew(book, page, alias))
      const before = joining.map((alias) => book.account(alias))
      const merged = overlaid(Object.assign({}, ...before.map((other) => other.facts), page.facts), change.facts)
      const size = Buffer.byteLength(JSON.stringify(merged))
      if (size > LARGEST_FACTS) {
        throw new Problem(
          'facts_too_large',
          `the account would have ${size} bytes of facts; at most ${LARGEST_FACTS} fit`,
        )
      }
      if (joining.length > 0) join(book, page, before, sent, principal)
      if (JSON.stringify(merged) === JSON.stringify(page.facts) && page.isKnown) return
      const entry = page.append('facts', { by: principal.name, changed: change.facts ?? {}, facts: merged })
      page.setFacts(merged, entry.sequence)
    },
  })
  return getAccount(app, name)
}

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

/** What the agents sent of the signals that stand at the aliases, by stream and sequence. */
type Sent = ReadonlyMap<string, ReadonlyMap<number, string>>

async function readSent(app: App, aliases: readonly string[]): Promise<Sent> {
  const [first, ...rest] = aliases
  if (first === undefined) return new Map()
  const pages = await app.desk.submit({
    accounts: [first, ...rest],
    serve: (book) => aliases.map((alias) => book.account(alias)),
  })
  const payloads = pages.map(async ({ stream, signals }) => {
    const sequences = signals.map((signal) => signal.sequence)
    return [stream, await readPayloads(app.db, stream, sequences)] as const
  })
  return new Map(await Promise.all(payloads))
}

function join(book: Book, page: AccountPage, others: readonly AccountPage[], sent: Sent, principal: Principal): void {
  for (const other of others) {
    const at = other.head.sequence
    page.append('alias', { by: principal.name, alias: other.account, joinedAtSequence: at })
    book.writes.insert('aliases', { alias: other.account, account_id: page.account })
    for (const signal of other.signals) {
      if (page.signals.some((mine) => mine.agent === signal.agent && mine.id === signal.id)) continue
      const payload = sent.get(other.stream)?.get(signal.sequence)
      const { id, agent, claim } = signal
      // Of one that has been erased only its bare words are left.
      const body = payload ? bodyOf<SignalBody>(payload).signal : { id, agent, claim }
      const entry = page.append('signal.joined', { from: other.account, signal: body })
      page.addSignal({ ...signal, sequence: entry.sequence })
    }
  }
}

/** @throws Problem `not_found` for an account never seen */
export async function getAccount(app: App, name: string): Promise<AccountView> {
  const page = await app.desk.submit({ accounts: [name], serve: (book) => book.account(name) })
  if (!page.isKnown && page.aliases.length === 0)
    throw new Problem('not_found', `account \`${name}\` has never been seen`)
  const now = app.now()
  const live = liveSignals(page.signals, now)
  const [adjudications, escalations, sent] = await Promise.all([
    newestAdjudications(app.db, page.account, [...app.rules.active.decisions.keys()]),
    listEscalations(app.db, { account: page.account, status: ['open', 'claimed'] }, now, undefined, OPEN_SHOWN),
    readPayloads(
      app.db,
      page.stream,
      live.map((signal) => signal.sequence),
    ),
  ])
  return {
    account: page.account,
    aliases: page.aliases,
    facts: page.facts,
    signals: live.map((signal) => signalView(signal, sent.get(signal.sequence))),
    adjudications: await renderAll(app, adjudications),
    escalations: escalations.map(escalationView),
  }
}

/** @param payload of the signal's audit entry; undefined where it has been erased */
function signalView({ observedAt, expiresAt, ...signal }: Signal, payload: string | undefined) {
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

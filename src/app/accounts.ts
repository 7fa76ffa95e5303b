import type { Facts, Signal } from '../core/model.ts'
import { newestAdjudications } from '../storage/adjudications.ts'
import { listEscalations } from '../storage/escalations.ts'
import type { App } from './app.ts'
import type { AccountPage, Book } from './book.ts'
import { renderAll } from './history.ts'
import { demand, type Principal } from './principal.ts'
import { Problem } from './problem.ts'
import { overlaid } from './question.ts'
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
  /** Those that stand and have not expired. */
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
      if (joining.length > 0) join(book, page, before, principal)
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

function join(book: Book, page: AccountPage, others: readonly AccountPage[], principal: Principal): void {
  for (const other of others) {
    const at = other.head.sequence
    page.append('alias', { by: principal.name, alias: other.account, joinedAtSequence: at })
    book.writes.insert('aliases', { alias: other.account, account_id: page.account })
    for (const signal of other.signals) {
      if (page.signals.some((mine) => mine.agent === signal.agent && mine.id === signal.id)) continue
      const entry = page.append('signal.joined', { from: other.account, signal: { ...signal } })
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
  const [adjudications, escalations] = await Promise.all([
    newestAdjudications(app.db, page.account, [...app.rules.active.decisions.keys()]),
    listEscalations(app.db, { account: page.account, status: 'open' }, now, undefined, OPEN_SHOWN),
  ])
  return {
    account: page.account,
    aliases: page.aliases,
    facts: page.facts,
    signals: page.signals.filter((signal) => signal.expiresAt === null || signal.expiresAt > now).map(signalView),
    adjudications: await renderAll(app, adjudications),
    escalations: escalations.map(escalationView),
  }
}

function signalView({ observedAt, expiresAt, ...signal }: Signal) {
  return {
    ...signal,
    observedAt: new Date(observedAt).toISOString(),
    expiresAt: expiresAt === null ? null : new Date(expiresAt).toISOString(),
  }
}

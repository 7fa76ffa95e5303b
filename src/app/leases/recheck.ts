import { NIL } from 'uuid'
import { adjudicate } from '../../core/adjudicate.ts'
import { isFresh, type Lease } from '../../core/lease.ts'
import type { Ruleset } from '../../core/rules/load.ts'
import { because } from '../../core/summary.ts'
import { accountIds } from '../../storage/aliases.ts'
import { accountsWithLeases, findOpenLeases } from '../../storage/leases.ts'
import { removeFromOutbox } from '../../storage/outbox.ts'
import { ask, takenSince } from '../adjudications.ts'
import type { App } from '../app.ts'
import type { AccountPage, Book } from '../book.ts'
import { versionKnown } from './version.ts'

/**
 * Why an open lease no longer holds under some rules, in words without a full stop; null: it does. Where nothing that counts
 * has come since it was issued that is known without a question; else the question is answered again, and the answer is
 * kept nowhere.
 */
export function whyEnded(app: App, ruleset: Ruleset, book: Book, page: AccountPage, lease: Lease): string | null {
  const { action, agent, payloadHash } = lease
  const decision = ruleset.decisions.get(lease.decision)
  const declared = decision?.actions.find(({ name }) => name === action)
  if (!decision || !declared) return `the rules have no \`${action}\` under \`${lease.decision}\` any more`
  // Cooldowns count what is redeemed by these.
  if (!isSameSet(declared.tags, lease.tags)) return `the rules have changed the tags of \`${action}\``
  const version = versionKnown(book, page, decision, agent)
  if (isFresh(lease, { version, ruleset: ruleset.hash, now: book.now })) return null
  const request = { account: page.account, decision: decision.name, proposal: { agent, action } }
  const asked = { ruleset, decision, shadow: null, request, payloadHash }
  const { proposal, summary } = adjudicate(decision, ask(app, asked, book, page, page.signals))
  if (proposal?.verdict === 'allow') return null
  const now = proposal?.verdict === 'ask' ? 'a person decides now' : 'it is denied now'
  return `${now}: ${because(summary).replace(/\.$/, '')}`
}

const isSameSet = (one: readonly string[], other: readonly string[]): boolean =>
  one.length === other.length && one.every((name) => other.includes(name))

/** Ends a lease, and tells whoever listens. */
export function revoke(book: Book, page: AccountPage, lease: Lease, reason: string): void {
  const { id, decision, action, agent, adjudication } = lease
  const { account } = page
  const place = page.append('lease.revoked', { action, agent, decision, lease: id, reason })
  book.settle({ ...lease, account, status: 'revoked', settledAt: book.now, reason }, place)
  book.event('lease.revoked', place, { account, adjudication, agent }, { lease: { id, agent, action }, reason })
}

/** What has come that may have ended leases: something of an account, or other rules, by the sequence of their activation. */
export type Stir = { readonly account: string } | { readonly activation: number }

const ACCOUNTS = 200
const LEASES = 1_000
/** Until this process has heard of an activation. Milliseconds. */
const HEARD_WITHIN = 200

/**
 * Looks at open leases again, and revokes those that no longer hold. Nothing depends on it being soon, or on its being done
 * at all: whoever redeems a lease finds out by themselves. It is never done by other rules than the active ones, which
 * would end what those allow.
 *
 * @param outbox the row that calls for it, which is done with then
 * @returns when to come back, in milliseconds since the epoch; null: it is done
 */
export async function recheckLeases(app: App, outbox: number, stir: Stir): Promise<number | null> {
  const isDone = 'account' in stir ? await recheckAccount(app, stir.account) : await recheckAll(app, stir.activation)
  if (!isDone) return app.now() + HEARD_WITHIN
  await app.db.transaction().execute((trx) => removeFromOutbox(trx, [outbox]))
  return null
}

/** @returns false where this process has not heard of the active rules yet */
async function recheckAll(app: App, activation: number): Promise<boolean> {
  if (app.rules.activation.sequence < activation) return false
  for (let after = '', more = true; more; ) {
    const accounts = await accountsWithLeases(app.db, app.now(), after, ACCOUNTS)
    const done = await Promise.all(accounts.map((account) => recheckAccount(app, account)))
    if (done.includes(false)) return false
    after = accounts.at(-1) ?? after
    more = accounts.length === ACCOUNTS
  }
  return true
}

/** @returns as `recheckAll` does */
async function recheckAccount(app: App, account: string): Promise<boolean> {
  const accounts = await accountIds(app.db, account)
  for (let after: string = NIL, more = true; more; ) {
    const leases = await findOpenLeases(app.db, { accounts, now: app.now(), after, limit: LEASES })
    if (leases.length > 0 && !(await recheckThese(app, account, leases))) return false
    after = leases.at(-1)?.id ?? after
    more = leases.length === LEASES
  }
  return true
}

/** @returns as `recheckAll` does */
function recheckThese(app: App, account: string, leases: readonly Lease[]): Promise<boolean> {
  const { active: ruleset, activation } = app.rules
  return app.desk.submit({
    accounts: [account],
    agents: leases.map(({ agent }) => agent),
    leases: leases.map(({ id }) => id),
    takenSince: sinceFor(app, ruleset, leases),
    serve(book) {
      if (book.activation > activation.sequence) return false
      const page = book.account(account)
      for (const { id } of leases) {
        const lease = book.lease(id)
        if (lease?.status !== 'open' || lease.expiresAt <= book.now) continue
        const reason = whyEnded(app, ruleset, book, page, lease)
        if (reason !== null) revoke(book, page, lease, reason)
        // Where its account has joined another, it is found among that one's from now on.
        else if (lease.account !== page.account) {
          const place = page.append('lease.joined', { from: lease.account, lease: id })
          book.settle({ ...lease, account: page.account }, place)
        }
      }
      return true
    },
  })
}

/** From when on what agents did bears on any of some leases. */
export function sinceFor(app: App, ruleset: Ruleset, leases: readonly Pick<Lease, 'decision'>[]): number | null {
  const decisions = leases.flatMap(({ decision }) => ruleset.decisions.get(decision) ?? [])
  const times = decisions.flatMap((decision) => takenSince(app, { decision, shadow: null }) ?? [])
  return times.length === 0 ? null : Math.min(...times)
}

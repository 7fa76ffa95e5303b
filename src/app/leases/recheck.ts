import { adjudicate } from '../../core/adjudicate.ts'
import { isFresh, type Lease } from '../../core/lease.ts'
import { because } from '../../core/summary.ts'
import { accountIds } from '../../storage/aliases.ts'
import { accountsWithLeases, findOpenLeases } from '../../storage/leases.ts'
import { removeFromOutbox } from '../../storage/outbox.ts'
import { ask, takenSince } from '../adjudications.ts'
import type { App } from '../app.ts'
import type { AccountPage, Book } from '../book.ts'
import { versionKnown } from './version.ts'

/**
 * Why an open lease no longer holds, in words without a full stop; null: it does. Where nothing that counts has come
 * since it was issued that is known without a question; else the question is answered again, and the answer is kept
 * nowhere.
 */
export function whyEnded(app: App, book: Book, page: AccountPage, lease: Lease): string | null {
  const { active: ruleset } = app.rules
  const { action, agent, payloadHash } = lease
  const decision = ruleset.decisions.get(lease.decision)
  if (!decision?.actions.some(({ name }) => name === action)) {
    return `the rules have no \`${action}\` under \`${lease.decision}\` any more`
  }
  const version = versionKnown(book, page, decision, agent)
  if (isFresh(lease, { version, ruleset: ruleset.hash, now: book.now })) return null
  const request = { account: page.account, decision: decision.name, proposal: { agent, action } }
  const asked = { ruleset, decision, shadow: null, request, payloadHash }
  const { proposal, summary } = adjudicate(decision, ask(app, asked, book, page, page.signals))
  if (proposal?.verdict === 'allow') return null
  const now = proposal?.verdict === 'ask' ? 'a person decides now' : 'it is denied now'
  return `${now}: ${because(summary).replace(/\.$/, '')}`
}

/** Ends a lease, and tells whoever listens. */
export function revoke(book: Book, page: AccountPage, lease: Lease, reason: string): Lease {
  const { id, decision, action, agent, adjudication } = lease
  const { account } = page
  const place = page.append('lease.revoked', { action, agent, decision, lease: id, reason })
  const revoked: Lease = { ...lease, account, status: 'revoked', settledAt: book.now, reason }
  book.settle(revoked, place)
  book.event('lease.revoked', place, { account, adjudication, agent }, { lease: { id, agent, action }, reason })
  return revoked
}

/** What has come that may have ended leases: something of an account, or other rules, by the sequence of their activation. */
export type Stir = { readonly account: string } | { readonly activation: number }

const PAGE = 200
/** Until this process has heard of an activation. Milliseconds. */
const HEARD_WITHIN = 200

/**
 * Looks at open leases again, and revokes those that no longer hold. Nothing depends on it being soon, or on its being done
 * at all: whoever redeems a lease finds out by themselves.
 *
 * @param outbox the row that calls for it, which is done with then
 * @returns when to come back, in milliseconds since the epoch; null: it is done
 */
export async function recheckLeases(app: App, outbox: number, stir: Stir): Promise<number | null> {
  if ('account' in stir) await recheckAccount(app, stir.account)
  else {
    if (app.rules.activation.sequence < stir.activation) return app.now() + HEARD_WITHIN
    for (let after = '', more = true; more; ) {
      const accounts = await accountsWithLeases(app.db, app.now(), after, PAGE)
      await Promise.all(accounts.map((account) => recheckAccount(app, account)))
      after = accounts.at(-1) ?? after
      more = accounts.length === PAGE
    }
  }
  await app.db.transaction().execute((trx) => removeFromOutbox(trx, [outbox]))
  return null
}

async function recheckAccount(app: App, account: string): Promise<void> {
  const now = app.now()
  const found = await findOpenLeases(app.db, await accountIds(app.db, account))
  const leases = found.filter(({ expiresAt }) => expiresAt > now)
  if (leases.length === 0) return
  await app.desk.submit({
    accounts: [account],
    agents: leases.map(({ agent }) => agent),
    leases: leases.map(({ id }) => id),
    takenSince: sinceFor(app, leases),
    serve(book) {
      const page = book.account(account)
      for (const { id } of leases) {
        const lease = book.lease(id)
        if (lease?.status !== 'open' || lease.expiresAt <= book.now) continue
        const reason = whyEnded(app, book, page, lease)
        if (reason !== null) revoke(book, page, lease, reason)
        // Where its account has joined another, it is found among that one's from now on.
        else if (lease.account !== page.account) {
          const place = page.append('lease.joined', { from: lease.account, lease: id })
          book.settle({ ...lease, account: page.account }, place)
        }
      }
    },
  })
}

/** From when on what agents did bears on any of some leases. */
export function sinceFor(app: App, leases: readonly Pick<Lease, 'decision'>[]): number | null {
  const decisions = leases.flatMap(({ decision }) => app.rules.active.decisions.get(decision) ?? [])
  const times = decisions.flatMap((decision) => takenSince(app, { decision, shadow: null }) ?? [])
  return times.length === 0 ? null : Math.min(...times)
}

import { timingSafeEqual } from 'node:crypto'
import { type Lease, type LeaseRefusal, refuseLease, revokedInWords, spend } from '../../core/lease.ts'
import { type Activation, newestActivation } from '../../storage/activations.ts'
import type { StoredAnswer } from '../../storage/idempotency.ts'
import { findLease } from '../../storage/leases.ts'
import { follow } from '../activation.ts'
import type { App } from '../app.ts'
import type { AccountPage, Book } from '../book.ts'
import type { IdempotencyKey } from '../idempotency.ts'
import { demand, type Principal } from '../principal.ts'
import { Problem } from '../problem.ts'
import { revoke, sinceFor, whyEnded } from './recheck.ts'
import { leaseOfToken, tokenHash } from './token.ts'

export interface Redemption {
  /** Of a lease, made known when it was issued. */
  readonly token: string
  /** SHA-256 of what is about to be sent, in hex; left out where no payload was checked. */
  readonly payloadHash?: string | null | undefined
}

/** Leave to act, now. */
export interface Go {
  readonly verdict: 'go'
  /** Id of the lease. */
  readonly lease: string
  readonly account: string
  readonly decision: string
  readonly action: string
  readonly agent: string
  readonly payloadHash: string | null
  /** RFC 3339. */
  readonly redeemedAt: string
}

/** An idempotency key whose first request this is: leave that is given is kept under it in the commit that uses the lease up. */
export interface RememberGo extends IdempotencyKey {
  readonly as: (go: Go) => StoredAnswer
}

/**
 * Redeems a lease, once: what it rests on is looked at again under the lock of its account, so that whatever was committed
 * before, in whatever process, counts. It becomes an entry of the account's trail, which two can't both append.
 *
 * @throws Problem `not_found`; `forbidden` where another key got it; `lease_used`, `lease_revoked`, `lease_expired`,
 *   `payload_changed`; `unavailable` where the active rules can't be read here
 */
export async function redeemLease(
  app: App,
  principal: Principal,
  { token, payloadHash = null }: Redemption,
  again?: RememberGo,
): Promise<Go> {
  demand(principal, 'adjudications:write')
  const known = await ownLease(app, principal, token)
  for (;;) {
    const { active: ruleset, activation } = app.rules
    const done = await app.desk.submit<Go | Refused | typeof OTHER_RULES>({
      accounts: [known.account],
      agents: [known.agent],
      leases: [known.id],
      takenSince: sinceFor(app, ruleset, [known]),
      serve(book) {
        if (book.activation > activation.sequence) return OTHER_RULES
        const lease = book.lease(known.id)
        if (!lease) throw unknownToken()
        const refusal = refuseLease(lease, { now: book.now, payloadHash })
        if (refusal) return { refusal }
        const page = book.account(known.account)
        const reason = whyEnded(app, ruleset, book, page, lease)
        if (reason !== null) {
          revoke(book, page, lease, reason)
          return { refusal: { code: 'lease_revoked', message: revokedInWords(lease.id, reason) } }
        }
        const go = use(app, principal, book, page, lease)
        if (again) book.answered(again, again.as(go))
        return go
      },
    })
    if (done === OTHER_RULES) {
      await catchUp(app, activation)
      continue
    }
    app.metrics.redeemed('refusal' in done ? done.refusal.code : 'go')
    if ('refusal' in done) throw new Problem(done.refusal.code, done.refusal.message)
    return done
  }
}

interface Refused {
  readonly refusal: { readonly code: LeaseRefusal; readonly message: string }
}

/** Others are active since, of which this process has not heard. */
const OTHER_RULES = Symbol('other rules')

/** Answers with the active rules from now on, which are not those any more. @throws Problem `unavailable` where they can't be read */
async function catchUp(app: App, { sequence }: Pick<Activation, 'sequence'>): Promise<void> {
  const newest = await newestActivation(app.db)
  if (newest) await follow(app, newest).catch(() => undefined)
  if (app.rules.activation.sequence > sequence) return
  throw new Problem('unavailable', 'the active rules can not be read here, so nobody is told to go; try again')
}

/** Uses the lease up, with what follows from it. */
function use(app: App, { name: by }: Principal, book: Book, page: AccountPage, lease: Lease): Go {
  const { id, decision, action, agent, tags, adjudication, payloadHash } = lease
  const { account } = page
  const ruling = spend(page.ruling(decision), lease)
  const { sequence } = page.append('lease.redeemed', {
    action,
    adjudication,
    agent,
    at: book.at,
    by,
    decision,
    lease: id,
    payloadHash,
    ruling: ruling ?? undefined,
    tags,
  })
  book.settle({ ...lease, account, status: 'redeemed', settledAt: book.now }, { sequence })
  if (ruling) book.rule(page, decision, { ...ruling, sequence })
  page.take({ lease: id, sequence, action, tags, at: book.now })
  // What was done may keep others from being done.
  if (hasCooldowns(app)) book.stirLeases(account)
  return { verdict: 'go', lease: id, account, decision, action, agent, payloadHash, redeemedAt: book.at }
}

const hasCooldowns = ({ rules }: App): boolean =>
  [...rules.active.decisions.values()].some(({ longestCooldown }) => longestCooldown > 0)

const unknownToken = () => new Problem('not_found', 'no lease has this token; check again to get one')

/**
 * The lease of a token, for the key that got it.
 * @throws Problem `not_found`, `forbidden`
 */
export async function ownLease(app: App, principal: Principal, token: string): Promise<Lease> {
  const id = leaseOfToken(token)
  const kept = id === null ? undefined : await findLease(app.db, id)
  if (!kept || !timingSafeEqual(kept.tokenHash, Buffer.from(tokenHash(token), 'hex'))) {
    throw unknownToken()
  }
  const { lease } = kept
  if (lease.owner === principal.name) return lease
  throw new Problem(
    'forbidden',
    `lease \`${lease.id}\` was issued to another key than \`${principal.name}\`; check with this one`,
  )
}

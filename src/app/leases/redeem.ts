import { timingSafeEqual } from 'node:crypto'
import { type Lease, type LeaseRefusal, refuseLease, revokedInWords } from '../../core/lease.ts'
import { findLease } from '../../storage/leases.ts'
import type { App } from '../app.ts'
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

/**
 * Redeems a lease, once: what it rests on is looked at again under the lock of its account, so that whatever was committed
 * before, in whatever process, counts. It becomes an entry of the account's trail, which two can't both append.
 *
 * @throws Problem `not_found`; `forbidden` where another key got it; `lease_used`, `lease_revoked`, `lease_expired`,
 *   `payload_changed`
 */
export async function redeemLease(
  app: App,
  principal: Principal,
  { token, payloadHash = null }: Redemption,
): Promise<Go> {
  demand(principal, 'adjudications:write')
  const known = await ownLease(app, principal, token)
  const { id, account, agent } = known
  const done = await app.desk.submit<Go | Refused>({
    accounts: [account],
    agents: [agent],
    leases: [id],
    takenSince: sinceFor(app, [known]),
    serve(book) {
      const lease = book.lease(id) ?? known
      const refusal = refuseLease(lease, { now: book.now, payloadHash })
      if (refusal) return { refusal }
      const page = book.account(account)
      const reason = whyEnded(app, book, page, lease)
      if (reason !== null) {
        revoke(book, page, lease, reason)
        return { refusal: { code: 'lease_revoked', message: revokedInWords(id, reason) } }
      }
      const { decision, action, tags, adjudication } = lease
      const body = { action, adjudication, agent, by: principal.name, decision, lease: id, payloadHash, tags }
      const { sequence } = page.append('lease.redeemed', { ...body, at: book.at })
      book.settle({ ...lease, account: page.account, status: 'redeemed', settledAt: book.now }, { sequence })
      page.take({ lease: id, sequence, action, tags, at: book.now })
      // What was done may keep others from being done.
      if (hasCooldowns(app)) book.stirLeases(page.account)
      return {
        verdict: 'go',
        lease: id,
        account: page.account,
        decision,
        action,
        agent,
        payloadHash,
        redeemedAt: book.at,
      }
    },
  })
  app.metrics.redeemed('refusal' in done ? done.refusal.code : 'go')
  if ('refusal' in done) throw new Problem(done.refusal.code, done.refusal.message)
  return done
}

interface Refused {
  readonly refusal: { readonly code: LeaseRefusal; readonly message: string }
}

const hasCooldowns = ({ rules }: App): boolean =>
  [...rules.active.decisions.values()].some(({ longestCooldown }) => longestCooldown > 0)

/**
 * The lease of a token, for the key that got it.
 * @throws Problem `not_found`, `forbidden`
 */
export async function ownLease(app: App, principal: Principal, token: string): Promise<Lease> {
  const id = leaseOfToken(token)
  const kept = id === null ? undefined : await findLease(app.db, id)
  if (!kept || !timingSafeEqual(kept.tokenHash, Buffer.from(tokenHash(token), 'hex'))) {
    throw new Problem('not_found', 'no lease has this token; check again to get one')
  }
  const { lease } = kept
  if (lease.owner === principal.name) return lease
  throw new Problem(
    'forbidden',
    `lease \`${lease.id}\` was issued to another key than \`${principal.name}\`; check with this one`,
  )
}

import type { Check, CheckRequest, Redemption, RedemptionRequest } from './api.ts'
import { UmpireError } from './error.ts'
import type { CallOptions, Send } from './send.ts'
import type { OnUnavailable } from './settings.ts'

/** What Umpire says. */
export interface GivenCheck extends Check {
  readonly unavailable: false
}

/** What the caller chose for when Umpire can't be asked: nobody has looked at the question. */
export interface UnavailableCheck {
  readonly verdict: OnUnavailable
  readonly unavailable: true
  /** Why there is no answer, in a sentence. */
  readonly because: string
  readonly doInstead: null
  readonly adjudication: null
  readonly escalation: null
  readonly lease: null
  readonly cached: false
  readonly error: UmpireError
}

export type CheckAnswer = GivenCheck | UnavailableCheck

/**
 * Asks whether an agent may act. Where Umpire can't be asked, the answer is what the caller chose, and says so.
 * @throws UmpireError where the request itself is refused; the reason of the caller's signal
 */
export async function check(
  send: Send,
  onUnavailable: OnUnavailable,
  request: CheckRequest,
  options?: CallOptions,
): Promise<CheckAnswer> {
  try {
    const answer = await send('check', { body: request }, options)
    refuseOtherThan(['allow', 'ask', 'deny'], answer)
    return { ...answer, unavailable: false }
  } catch (error) {
    return withoutAnswer(error, onUnavailable)
  }
}

/**
 * Redeems a lease.
 * @throws UmpireError for whatever is not leave to act
 */
export async function redeem(send: Send, redemption: RedemptionRequest, options?: CallOptions): Promise<Redemption> {
  const answer = await send('redeemLease', { body: redemption }, options)
  refuseOtherThan(['go'], answer)
  return answer
}

/** What lets an agent act is looked at twice: it is no Umpire that answers something else. @throws UmpireError */
function refuseOtherThan<V>(verdicts: readonly V[], { verdict }: { readonly verdict: V }): void {
  if (verdicts.includes(verdict)) return
  const message = `what answers has the verdict \`${verdict}\`, as no Umpire has; set \`url\` to where Umpire is`
  throw new UmpireError(message, { code: 'unreadable', status: 200, title: 'Not an answer of Umpire' })
}

/** @throws what is not for want of an answer */
export function withoutAnswer(error: unknown, verdict: OnUnavailable): UnavailableCheck {
  if (!(error instanceof UmpireError && error.isUnavailable)) throw error
  return {
    verdict,
    unavailable: true,
    because: `Umpire could not be asked: ${error.message}`,
    doInstead: null,
    adjudication: null,
    escalation: null,
    lease: null,
    cached: false,
    error,
  }
}

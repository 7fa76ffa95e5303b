import type { CheckRequest } from './api.ts'
import { type GivenCheck, withoutAnswer } from './check.ts'
import type { Client } from './client.ts'
import { UmpireError } from './error.ts'
import { type NotDone, notDone } from './not-done.ts'
import { frozenCopy, hashPayload } from './payload.ts'

/** Something that an agent can do. What it is given besides, such as a framework's context, is passed on unseen. */
export type Tool<Input, Rest extends readonly unknown[], Result> = (
  input: Input,
  ...rest: Rest
) => Result | Promise<Result>

export interface GuardOptions<Input> {
  readonly client: Client
  readonly agent: string
  readonly decision: string
  /** What the tool does, as the decision calls it. */
  readonly action: string
  /** Whom it is done to: the account, or where the input says so. */
  readonly account: string | ((input: Input) => string)
}

export interface Done<Result> {
  readonly done: true
  readonly verdict: 'allow'
  /** What the tool returned. */
  readonly result: Result
  /** Id of the answer that allowed it. */
  readonly adjudication: string
  /** Id of the lease that was redeemed for it. */
  readonly lease: string
  /** Why it could not be reported that it was done, in words; null: it was. */
  readonly unreported: string | null
}

export type Outcome<Result> = Done<Result> | NotDone

/** Once more when the lease is lost before it is redeemed: the next answer says what holds now. */
const CHECKS_AT_MOST = 2

/**
 * A tool that asks before it acts: check, redeem the lease, act, report. It acts on `go` alone. What it is not allowed to do is
 * no exception but an outcome that says why, for a model to read; nor is Umpire being away.
 *
 * The tool gets a frozen copy of its input, and the lease is for the hash of that: what was checked is what is done.
 *
 * @throws TypeError where the input is no JSON; UmpireError where Umpire refuses the request; whatever the tool throws
 */
export function withUmpire<Input, Rest extends readonly unknown[], Result>(
  tool: Tool<Input, Rest, Result>,
  { client, agent, decision, action, account: accountOf }: GuardOptions<Input>,
): (input: Input, ...rest: Rest) => Promise<Outcome<Result>> {
  return async (input, ...rest) => {
    const payload = frozenCopy(input)
    const account = typeof accountOf === 'string' ? accountOf : accountOf(payload)
    const about = { account, decision, action, agent }
    const leave = await askForLeave(client, { ...about, payload })
    if (!('token' in leave)) return leave
    const result = await tool(payload, ...rest)
    const unreported = await client.reportAction({ ...about, lease: leave.token }).then(() => null, inWords)
    return { done: true, verdict: 'allow', result, adjudication: leave.adjudication, lease: leave.lease, unreported }
  }
}

/** Where the tool has acted, nothing but what it returned may come of it. */
const inWords = (error: unknown): string => (error instanceof Error ? error.message : String(error))

interface Leave {
  readonly token: string
  /** Its id. */
  readonly lease: string
  readonly adjudication: string
}

async function askForLeave(client: Client, request: CheckRequest): Promise<Leave | NotDone> {
  const payloadHash = await hashPayload(request.payload)
  for (let checks = 1; ; checks++) {
    const answer = await client.check(request)
    const { verdict, lease, adjudication } = answer
    if (verdict !== 'allow' || lease === null) return notDone(request.action, answer)
    try {
      await client.redeem({ token: lease.token, payloadHash })
      return { token: lease.token, lease: lease.id, adjudication }
    } catch (error) {
      if (!isRefusal(error)) return notDone(request.action, withoutAnswer(error, client.onUnavailable))
      if (checks === CHECKS_AT_MOST) return notDone(request.action, denied(answer, error.message))
    }
  }
}

const REFUSALS: readonly unknown[] = ['lease_used', 'lease_revoked', 'lease_expired', 'payload_changed']

function isRefusal(error: unknown): error is UmpireError {
  return error instanceof UmpireError && REFUSALS.includes(error.code)
}

function denied(answer: GivenCheck, because: string): GivenCheck {
  return { ...answer, verdict: 'deny', because, lease: null }
}

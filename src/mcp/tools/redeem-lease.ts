import { z } from 'zod'
import { hashPayload } from '../../app/leases/payload.ts'
import { redemption, redemptionRequest } from '../../http/schemas/check.ts'
import { field } from '../../http/schemas/common.ts'
import { defineTool, idempotencyKey, quoted } from '../tool.ts'

export const redeemLease = defineTool({
  name: 'redeem_lease',
  title: 'Redeem a lease as you act',
  description:
    'Call this at the moment you act, with the token that check_action gave you. `go` means: act now. Anything else means: do ' +
    'not act, and the reason says why. Each lease can be redeemed once.',
  annotations: { readOnlyHint: false, destructiveHint: false, idempotentHint: true },
  input: redemptionRequest
    .extend({
      payload: field(
        z.unknown(),
        'What you send now: refused where it is not what you showed when you checked. Or name it by `payloadHash`.',
        { subject: 'More seats?' },
      ).optional(),
      idempotencyKey,
    })
    .refine(({ payload, payloadHash }) => payload === undefined || payloadHash === undefined, {
      error: 'must have `payload` or `payloadHash`, not both',
    }),
  output: redemption,
  ask: (api, { payload, payloadHash = hashPayload(payload), token, idempotencyKey }) =>
    api({ method: 'POST', path: '/v1/leases/redeem', body: { token, payloadHash }, idempotencyKey }),
  tell: ({ action, account, agent, redeemedAt }) =>
    `go: ${action} on ${quoted(account)}, by ${quoted(agent)}, at ${redeemedAt}. Act now.`,
  whenRefused: 'Do not act.',
})

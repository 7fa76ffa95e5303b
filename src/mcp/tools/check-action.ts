import { check, checkRequest } from '../../http/schemas/check.ts'
import { defineTool, idempotencyKey } from '../tool.ts'

export const checkAction = defineTool({
  name: 'check_action',
  title: 'Ask before acting',
  description:
    'Call this before you do anything to a customer account. The verdict is `allow` (act, within the lease that comes with ' +
    'it), `ask` (a person decides first: do not act) or `deny` (do not act; `doInstead` is better). Send as `payload` ' +
    'exactly what you are going to send: the permission is for that alone.',
  annotations: { readOnlyHint: false, destructiveHint: false, idempotentHint: false },
  input: checkRequest.extend({ idempotencyKey }),
  output: check,
  ask: (api, { idempotencyKey, ...body }) => api({ method: 'POST', path: '/v1/checks', body, idempotencyKey }),
  tell({ verdict, because, doInstead, adjudication, escalation, lease }) {
    const said = `${verdict}: ${because}`
    const why = `The answer is adjudication ${adjudication}.`
    if (lease) {
      const shown = lease.payloadHash === null ? 'without a payload' : `for the payload ${lease.payloadHash}`
      return `${said} Redeem the lease with redeem_lease as you act, before ${lease.expiresAt}: token ${lease.token}, ${shown}. ${why}`
    }
    if (escalation) {
      const { queue, dueAt, id } = escalation
      return `${said} Do not act. People of ${queue} decide by ${dueAt} (escalation ${id}); once they have, check again with the same payload. ${why}`
    }
    const instead =
      doInstead === null ? 'Do not act.' : `Do not act; ${doInstead} is better, and is checked like any other.`
    return `${said} ${instead} ${why}`
  },
  whenRefused: 'You have no permission: do not act.',
})

import { escalation } from '../../http/schemas/escalation.ts'
import { resolveRequest } from '../../http/schemas/escalation-work.ts'
import { defineTool, id, idempotencyKey, quoted } from '../tool.ts'

/** Listed to persons alone, and only where the operator has switched it on. */
export const resolveEscalation = defineTool({
  name: 'resolve_escalation',
  title: 'Decide what waits for a person',
  description:
    'Records the decision of the person whose key this is, in their name and for good. Call it only when they have told you, in ' +
    'this conversation, what they decide about this very escalation, after they have seen it. Never decide for them.',
  annotations: { readOnlyHint: false, destructiveHint: true, idempotentHint: true },
  input: resolveRequest.omit({ reviewer: true, via: true }).extend({
    escalation: id('Id of the item.', '01980a2e-7c20-7b1e-8c3d-5d0a5f4f9b02'),
    adjudication: id(
      'Id of the adjudication that they have looked at: refused where a newer one has taken its place.',
      '01980a2e-7c1f-7d4b-9a55-2f6a4a4d1c11',
    ),
    idempotencyKey,
  }),
  output: escalation,
  ask: (api, { escalation, idempotencyKey, ...answer }) =>
    api({
      method: 'POST',
      path: `/v1/escalations/${escalation}/resolve`,
      body: { ...answer, via: 'mcp' },
      idempotencyKey,
    }),
  tell: ({ id, resolution }) =>
    `Escalation ${id} is resolved by ${quoted(resolution?.by ?? 'nobody')}: ${resolution?.resolution}, ${resolution?.action ?? 'nothing'}.`,
})

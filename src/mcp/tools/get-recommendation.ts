import { percent } from '../../core/phrases.ts'
import { adjudication, adjudicationRequest } from '../../http/schemas/adjudication.ts'
import { defineTool, idempotencyKey } from '../tool.ts'

/** The answer without its ledger, for which there is explain_adjudication. */
const recommendation = adjudication.pick({
  id: true,
  account: true,
  decision: true,
  summary: true,
  recommendation: true,
  beliefs: true,
  expectedLoss: true,
  escalation: true,
  createdAt: true,
  validUntil: true,
})

export const getRecommendation = defineTool({
  name: 'get_recommendation',
  title: 'Ask what to do about an account',
  description:
    'Weighs what all agents say about an account and recommends one action of a decision. This is advice: before you act, call ' +
    'check_action. Where nobody can be sure, a person is asked, unless you set `dryRun`, which keeps nothing.',
  annotations: { readOnlyHint: false, destructiveHint: false, idempotentHint: false },
  input: adjudicationRequest.pick({ account: true, decision: true, dryRun: true }).extend({ idempotencyKey }),
  output: recommendation,
  async ask(api, { idempotencyKey, ...body }) {
    return recommendation.parse(await api({ method: 'POST', path: '/v1/adjudications', body, idempotencyKey }))
  },
  tell({ id, summary, recommendation: { action, confidence, disposition }, escalation, validUntil }) {
    const what = action === null ? 'Nothing is permitted' : `${action} (${percent(confidence)} sure)`
    const person = escalation?.kind === 'decision' ? ` ${escalation.queue} decides by ${escalation.dueAt}.` : ''
    const source = id === null ? 'A dry run: nothing is kept.' : `Adjudication ${id}, good until ${validUntil}.`
    return `${summary}\n${what}; ${disposition}.${person} ${source}`
  },
})

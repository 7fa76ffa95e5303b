import type { CallToolResult } from '@modelcontextprotocol/sdk/types.js'
import type { ProblemCode } from '../app/problem.ts'
import { KINDS } from '../http/errors.ts'
import type { Refusal } from './api.ts'

export type Result = CallToolResult

/** @param said the answer in a few lines */
export function answered(answer: Record<string, unknown>, said: string): Result {
  return { content: [{ type: 'text', text: said }], structuredContent: answer }
}

/**
 * What a model is told when it does not get what it asked for: what is wrong, and what to do now. Programs find the code of
 * the problem under `_meta.problem`.
 *
 * @param always what holds besides, whatever the reason
 */
export function refused({ problem, retryAfter, next }: Refusal, always?: string): Result {
  const { code, detail, errors = [] } = problem
  const wrong = errors.length > 1 ? errors.map(({ path, message }) => `- \`${path}\` ${message}`) : []
  const text = [
    `${code}: ${detail}`,
    ...wrong,
    [always, next ?? nextStep(problem, retryAfter)].filter(Boolean).join(' '),
  ]
  return {
    isError: true,
    content: [{ type: 'text', text: text.join('\n') }],
    _meta: { problem: { code, status: KINDS[code].status, ...(retryAfter !== null && { retryAfter }) } },
  }
}

function nextStep({ code, instance = 'the time' }: Refusal['problem'], retryAfter: number | null): string {
  const known = NEXT[code]
  if (known !== undefined) return known
  if (retryAfter !== null) return `Wait ${retryAfter} s, then call again with the same arguments.`
  const { status } = KINDS[code]
  if (status >= 500) return `Tell whoever runs Umpire, and name ${instance}.`
  if (status === 401) return 'Do not repeat this call: whoever set up the API key of this connection has to change it.'
  if (status === 403) return 'Do not repeat this call: it is not for this API key.'
  return 'Mend the arguments before you call again.'
}

const NEXT: Readonly<Partial<Record<ProblemCode, string>>> = {
  lease_used: 'If you have not acted on it, call check_action again.',
  lease_revoked: 'Call check_action again before you act.',
  lease_expired: 'Call check_action again before you act.',
  payload_changed: 'Send exactly what was checked, or call check_action with what you are going to send.',
  agent_not_allowed: 'Name the agent that you are.',
  already_resolved: 'Nothing is left to do; explain_adjudication says what was decided.',
  already_claimed: 'Leave it to whoever holds it.',
  escalation_changed: 'Look at it again with list_escalations, then decide on what it is about now.',
}

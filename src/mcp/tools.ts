import type { PrincipalKind } from '../app/principal.ts'
import type { Tool } from './tool.ts'
import { checkAction } from './tools/check-action.ts'
import { explainAdjudication } from './tools/explain-adjudication.ts'
import { getRecommendation } from './tools/get-recommendation.ts'
import { listEscalations } from './tools/list-escalations.ts'
import { redeemLease } from './tools/redeem-lease.ts'
import { reportSignal } from './tools/report-signal.ts'
import { resolveEscalation } from './tools/resolve-escalation.ts'

const FOR_ALL = [
  checkAction,
  redeemLease,
  reportSignal,
  getRecommendation,
  explainAdjudication,
  listEscalations,
] as const

export interface Allowance {
  /** Who holds the key. */
  readonly kind: PrincipalKind
  /** Whether the operator lets people resolve escalations over MCP. */
  readonly resolves: boolean
}

/** The tools of a key. Its scopes are looked at when it calls one, so that it hears which it lacks. */
export function toolsOf(allowance: Allowance): readonly Tool[] {
  return whyNotResolve(allowance) === undefined ? [...FOR_ALL, resolveEscalation] : FOR_ALL
}

/** @returns why a tool that is not one of the key's is not; undefined: there is no such tool */
export function whyNot(name: string, allowance: Allowance): string | undefined {
  return name === resolveEscalation.listing.name ? whyNotResolve(allowance) : undefined
}

/** An agent that may not act unseen must not be able to allow it itself, whoever's machine it runs on. */
function whyNotResolve({ kind, resolves }: Allowance): string | undefined {
  if (kind !== 'person') return `only persons decide, and this key is a${kind === 'agent' ? 'n' : ''} ${kind}'s`
  return resolves ? undefined : 'deciding over MCP is switched off; whoever runs Umpire sets UMPIRE_MCP_RESOLVE=on'
}

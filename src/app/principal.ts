import { Problem } from './problem.ts'

export const SCOPES = [
  'signals:write',
  'accounts:write',
  'adjudications:write',
  'outcomes:write',
  'escalations:review',
  'read',
  'admin',
] as const
export type Scope = (typeof SCOPES)[number]

export const PRINCIPALS = ['person', 'service', 'agent'] as const
export type PrincipalKind = (typeof PRINCIPALS)[number]

/** Who asks: the holder of an API key. */
export interface Principal {
  readonly name: string
  readonly kind: PrincipalKind
  readonly scopes: ReadonlySet<Scope>
  /** The agents it speaks for; null: any. An agent's key names exactly one. */
  readonly agents: ReadonlySet<string> | null
}

/** An agent never sends facts or outcomes, never reviews and never administers, whatever its key says. */
export const REFUSED_TO_AGENTS: ReadonlySet<Scope> = new Set([
  'accounts:write',
  'outcomes:write',
  'escalations:review',
  'admin',
])

/** Whether the key may do what `scope` stands for. */
export function may(principal: Principal, scope: Scope): boolean {
  if (principal.kind === 'agent' && REFUSED_TO_AGENTS.has(scope)) return false
  return principal.scopes.has('admin') || principal.scopes.has(scope)
}

/**
 * Lets in keys that have one of the scopes.
 * @throws Problem `forbidden`
 */
export function demand(principal: Principal, ...scopes: readonly Scope[]): void {
  if (scopes.some((scope) => may(principal, scope))) return
  const named = scopes.map((scope) => `\`${scope}\``).join(' or ')
  throw new Problem('forbidden', `key \`${principal.name}\` may not do this: it lacks the scope ${named}`)
}

/** Whether the key speaks for the agent. */
export function speaksFor(principal: Principal, agent: string): boolean {
  return principal.agents === null || principal.agents.has(agent)
}

import type { Agent } from '../core/model.ts'
import { compileScope } from '../core/rules/load.ts'
import { type AgentRow, findAgent, readAgents, writeAgent } from '../storage/agents.ts'
import { appendEntry, lockStream } from '../storage/audit.ts'
import { isConflict } from '../storage/commit.ts'
import type { App, Page, Paged } from './app.ts'
import { paged } from './app.ts'
import { demand, type Principal } from './principal.ts'
import { Problem } from './problem.ts'

/** What an admin may say of an agent; it wins over the file. */
export interface AgentPatch {
  readonly mode?: 'live' | 'shadow' | 'muted' | undefined
  readonly trust?: number | undefined
  /** A CEL expression; null: heard everywhere. */
  readonly scope?: string | null | undefined
  readonly defaultConfidence?: number | undefined
  readonly kind?: string | undefined
  readonly owner?: string | null | undefined
}

export interface AgentView {
  readonly agent: string
  readonly kind: string
  readonly mode: string
  readonly trust: number
  readonly defaultConfidence: number
  readonly confidence: string
  readonly scope: string | null
  readonly owner: string | null
  readonly until: string | null
  /** Whether agents.yaml names it. */
  readonly declared: boolean
  /** What an admin has said of it since, which wins over the file. */
  readonly overrides: Readonly<Record<string, unknown>>
  /** When its first signal or proposal arrived; null: not yet. */
  readonly registeredAt: string | null
}

/** By name: those that the file declares and those that have spoken. */
export async function listAgents(app: App, page: Page): Promise<Paged<AgentView>> {
  const after = page.cursor ?? ''
  const declared = [...app.rules.active.agents.declared.keys()].filter((name) => name > after)
  const spoken = await readAgents(app.db, after, page.limit + 1)
  const rows = new Map(spoken.map((row) => [row.name, row]))
  // In the order of the database, which is that of the bytes.
  const names = [...new Set([...declared, ...rows.keys()])].sort((a, b) =>
    Buffer.compare(Buffer.from(a), Buffer.from(b)),
  )
  return paged(
    names.slice(0, page.limit + 1),
    page.limit,
    (name) => view(app, name, rows.get(name)),
    (name) => name,
  )
}

/** @throws Problem `not_found` for an agent that no file declares and that has never spoken */
export async function getAgent(app: App, name: string): Promise<AgentView> {
  const row = await findAgent(app.db, name)
  if (!row && !app.rules.active.agents.declared.has(name)) {
    throw new Problem('not_found', `agent \`${name}\` is not declared and has never spoken`)
  }
  return view(app, name, row)
}

/**
 * Changes an agent, from the next adjudication on in every process. Works on one that has not spoken yet, too.
 * @throws Problem `invalid_request` where the scope is no expression
 */
export async function patchAgent(app: App, principal: Principal, name: string, patch: AgentPatch): Promise<AgentView> {
  demand(principal, 'admin')
  if (typeof patch.scope === 'string') {
    const { problem } = compileScope(patch.scope, app.rules.active.facts)
    if (problem) {
      throw new Problem('invalid_request', 'the scope is not an expression', {
        errors: [{ path: 'scope', message: problem }],
      })
    }
  }
  const change = () =>
    app.db.transaction().execute(async (trx) => {
      const stream = `agent:${name}`
      await lockStream(trx, stream)
      const before = await findAgent(trx, name)
      const said = Object.fromEntries(Object.entries(patch).filter(([, value]) => value !== undefined))
      const overrides = { ...before?.overrides, ...said }
      const at = app.now()
      const body = { agent: name, by: principal.name, changed: said, overrides }
      const { sequence } = await appendEntry(trx, { stream, kind: 'agent.changed', at, body })
      return writeAgent(trx, { name, sequence, overrides, registered_at: before?.registered_at ?? new Date(at) })
    })
  const row = await change().catch((error) => {
    // It spoke for the first time at this moment, which happens once.
    if (isConflict(error)) return change()
    throw error
  })
  return view(app, name, row)
}

function view(app: App, name: string, row: AgentRow | undefined): AgentView {
  const agent: Agent = app.rules.agent(app.rules.active, name, row)
  return {
    agent: name,
    kind: agent.kind,
    mode: agent.mode,
    trust: agent.trust,
    defaultConfidence: agent.defaultConfidence,
    confidence: agent.confidence,
    scope: agent.scope?.source ?? null,
    owner: agent.owner,
    until: agent.until === null ? null : new Date(agent.until).toISOString(),
    declared: app.rules.active.agents.declared.has(name),
    overrides: row?.overrides ?? {},
    registeredAt: row?.registered_at.toISOString() ?? null,
  }
}

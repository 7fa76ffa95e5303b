import type { Kysely } from 'kysely'
import type { Agent, Decision } from '../core/model.ts'
import { type Ruleset, resolveAgent, rulesetFromContent } from '../core/rules/load.ts'
import { appendEntry, lockStream } from '../storage/audit.ts'
import { bodyOf } from '../storage/chain.ts'
import type { Database } from '../storage/database.ts'
import type { StoredAgent } from '../storage/load.ts'
import { Problem } from './problem.ts'

/** The ruleset that answers, and any that has ever answered. */
export interface Rules {
  readonly active: Ruleset
  /** Milliseconds since the epoch. */
  readonly activatedAt: number
  /** Where it came from, `directory rules`. */
  readonly source: string
  /** @throws Problem `unknown_decision`, naming those that there are */
  decision(name: string): Decision
  /** An agent under a ruleset, the file's words under the admin's. */
  agent(ruleset: Ruleset, name: string, stored: StoredAgent | undefined): Agent
  /** A ruleset by its hash, as it was when it answered. */
  byHash(hash: string): Promise<Ruleset>
}

const STREAM = 'rulesets'

/** Stores the ruleset and makes it the active one; an entry in the stream `rulesets`, unless it already was. */
export async function activateRules(
  db: Kysely<Database>,
  ruleset: Ruleset,
  source: string,
  now: number,
): Promise<Rules> {
  const activatedAt = await db.transaction().execute(async (trx) => {
    await trx
      .insertInto('rulesets')
      .values({ hash: ruleset.hash, content: ruleset.content, stored_at: new Date(now) })
      .onConflict((conflict) => conflict.doNothing())
      .execute()
    await lockStream(trx, STREAM)
    const last = await lastActivation(trx)
    if (last?.ruleset === ruleset.hash) return last.at
    const body = { ruleset: ruleset.hash, source }
    await appendEntry(trx, { stream: STREAM, kind: 'ruleset.activated', at: now, body })
    return now
  })
  return createRules(db, ruleset, source, activatedAt)
}

async function lastActivation(db: Kysely<Database>): Promise<{ ruleset: string; at: number } | null> {
  const row = await db
    .selectFrom('audit_entries as e')
    .innerJoin('audit_payloads as p', (join) =>
      join.onRef('p.stream', '=', 'e.stream').onRef('p.sequence', '=', 'e.sequence'),
    )
    .select(['e.at', 'p.payload'])
    .where('e.stream', '=', STREAM)
    .orderBy('e.sequence', 'desc')
    .limit(1)
    .executeTakeFirst()
  return row ? { ruleset: bodyOf<{ ruleset: string }>(row.payload).ruleset, at: row.at.getTime() } : null
}

const AGENTS_REMEMBERED = 10_000

function createRules(db: Kysely<Database>, active: Ruleset, source: string, activatedAt: number): Rules {
  const compiled = new Map([[active.hash, active]])
  const agents = new WeakMap<Ruleset, Map<string, { sequence: number; agent: Agent }>>()
  return {
    active,
    activatedAt,
    source,
    decision(name) {
      const decision = active.decisions.get(name)
      if (decision) return decision
      const known = [...active.decisions.keys()].map((other) => `\`${other}\``).join(', ')
      throw new Problem('unknown_decision', `unknown decision \`${name}\`; the rules have ${known || 'none'}`)
    },
    agent(ruleset, name, stored) {
      const known = agents.get(ruleset) ?? new Map<string, { sequence: number; agent: Agent }>()
      agents.set(ruleset, known)
      const sequence = stored?.sequence ?? 0
      const before = known.get(name)
      if (before?.sequence === sequence) return before.agent
      // Whoever sends signals names agents: they must not fill the memory.
      if (known.size === AGENTS_REMEMBERED) known.clear()
      const agent = resolveAgent(name, ruleset.agents, stored?.overrides ?? null)
      known.set(name, { sequence, agent })
      return agent
    },
    async byHash(hash) {
      const known = compiled.get(hash)
      if (known) return known
      const row = await db.selectFrom('rulesets').select('content').where('hash', '=', hash).executeTakeFirst()
      if (!row) throw new Problem('not_found', `no ruleset \`${hash}\``)
      const ruleset = rulesetFromContent(row.content)
      compiled.set(hash, ruleset)
      return ruleset
    },
  }
}

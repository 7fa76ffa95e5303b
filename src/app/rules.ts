import type { Kysely } from 'kysely'
import type { Agent, Decision } from '../core/model.ts'
import { compilingContent, type Ruleset, resolveAgent } from '../core/rules/load.ts'
import { type Activation, findContent } from '../storage/activations.ts'
import type { Database } from '../storage/database.ts'
import type { StoredAgent } from '../storage/load.ts'
import type { ShadowStart } from '../storage/shadow.ts'
import { inTurns } from './in-turns.ts'
import { Problem } from './problem.ts'

/** The ruleset that answers, and any that has ever answered. */
export interface Rules {
  /** What answers at this moment. Take it once for an answer: the next moment it may be another. */
  readonly active: Ruleset
  readonly activation: Activation
  /** Where this process reads rules, and the hash of those that it found there last; null: they are refused. */
  readonly directory: RulesDirectory & { readonly ruleset: string | null }
  /** Why newer rules of the directory do not answer; null: there are none, or nothing is wrong with them. */
  readonly refused: Refused | null
  /** Asked whatever the active set is asked, to compare: nobody hears its answers. Null: none runs. */
  readonly shadow: Shadow | null
  /** Answers with another set from now on, unless the activation is older than that which is followed already. */
  follow(activation: Activation, ruleset: Ruleset): void
  followShadow(shadow: Shadow | null): void
  /** The directory has rules that may answer; they are kept compiled. */
  find(ruleset: Ruleset): void
  /** The directory has rules that may not. */
  refuse(refused: Refused): void
  /** @throws Problem `unknown_decision`, naming those that there are */
  decision(name: string): Decision
  /** An agent under a ruleset, the file's words under the admin's. */
  agent(ruleset: Ruleset, name: string, stored: StoredAgent | undefined): Agent
  /** A ruleset by its hash, as it was when it answered. @throws Problem `not_found` */
  byHash(hash: string): Promise<Ruleset>
}

export interface RulesDirectory {
  readonly path: string
  /** Whether rules that change there are taken while the process runs. */
  readonly isWatched: boolean
}

/** As what the rules of a directory are known. */
export const sourceOf = ({ path }: Pick<RulesDirectory, 'path'>): string => `directory ${path}`

export interface Shadow {
  readonly start: ShadowStart
  readonly ruleset: Ruleset
}

export interface Refused {
  /** Milliseconds since the epoch. */
  readonly at: number
  /** One line each. */
  readonly reasons: readonly string[]
}

const AGENTS_REMEMBERED = 10_000
/** Rulesets that are kept compiled; others are compiled again. */
const COMPILED_AT_MOST = 20

export function createRules(
  db: Kysely<Database>,
  first: Activation,
  ruleset: Ruleset,
  directory: RulesDirectory,
): Rules {
  let active = ruleset
  let activation = first
  let found: string | null = null
  let refused: Refused | null = null
  let shadow: Shadow | null = null
  const compiled = new Map([[active.hash, active]])
  const agents = new WeakMap<Ruleset, Map<string, { sequence: number; agent: Agent }>>()

  function keep(ruleset: Ruleset): void {
    compiled.delete(ruleset.hash)
    compiled.set(ruleset.hash, ruleset)
    for (const hash of compiled.keys()) {
      if (compiled.size <= COMPILED_AT_MOST) break
      if (hash !== active.hash) compiled.delete(hash)
    }
  }

  return {
    get active() {
      return active
    },
    get activation() {
      return activation
    },
    get shadow() {
      return shadow
    },
    get directory() {
      return { ...directory, ruleset: found }
    },
    get refused() {
      return refused
    },
    follow(next, ruleset) {
      const isOlder = next.sequence < activation.sequence
      // A release makes an activation one that is not pinned, and nothing makes it pinned again.
      const isBeforeRelease = next.sequence === activation.sequence && next.pinned && !activation.pinned
      if (isOlder || isBeforeRelease) return
      activation = next
      active = ruleset
      keep(ruleset)
    },
    followShadow(next) {
      shadow = next
    },
    find(ruleset) {
      keep(ruleset)
      found = ruleset.hash
      refused = null
    },
    refuse(reasons) {
      found = null
      refused = reasons
    },
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
      const ruleset = await storedRuleset(db, hash, active)
      keep(ruleset)
      return ruleset
    },
  }
}

/**
 * A ruleset as it is stored, compiled.
 * @param known any other: what is the same in it is not compiled again
 * @throws Problem `not_found`
 */
export async function storedRuleset(db: Kysely<Database>, hash: string, known?: Ruleset): Promise<Ruleset> {
  const content = await findContent(db, hash)
  if (content === undefined) throw new Problem('not_found', `no ruleset \`${hash}\``)
  return inTurns(compilingContent(content, known))
}

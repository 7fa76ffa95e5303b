import { Environment } from '@marcbachmann/cel-js'
import type { FactDeclaration, Facts, Proposal } from '../../model.ts'
import type { Scope, SignalView } from '../expression.ts'
import { celType, type FactReader, factReader, parseFactType } from '../facts.ts'
import { registerFunctions, registerNumbers } from './functions.ts'

/** What an expression may speak of. Expressions of one file share the facts, each place has its variables. */
export interface Vocabulary {
  /** Null: nothing is declared, facts are dynamic. */
  readonly facts: ReadonlyMap<string, FactReader> | null
  /** Where facts are dynamic: those that are known to exist, so that a slip of the pen can be told from another fact. */
  readonly knownFacts?: ReadonlySet<string> | null
  readonly variables: readonly Variable[]
  readonly environment: Environment
  /** The scope as cel-js wants it. */
  readonly context: (scope: Scope) => object
}

export const VARIABLES = ['account', 'now', 'signals', 'proposal', 'signal'] as const
export type Variable = (typeof VARIABLES)[number]

const base = new Environment({
  homogeneousAggregateLiterals: false,
  limits: { maxAstNodes: 5000, maxDepth: 60 },
})
registerNumbers(base)
registerFunctions(base)

class CelAgent {
  readonly name: string
  readonly kind: string
  readonly trust: number
  constructor(agent: SignalView['agent']) {
    this.name = agent.name
    this.kind = agent.kind
    this.trust = agent.trust
  }
}

class CelSignal {
  readonly id: string
  readonly agent: CelAgent
  readonly claim: string
  readonly confidence: number
  readonly ageHours: number
  constructor(signal: SignalView) {
    this.id = signal.id
    this.agent = new CelAgent(signal.agent)
    this.claim = signal.claim
    this.confidence = signal.confidence
    this.ageHours = signal.ageHours
  }
}

base
  .registerType('Agent', { ctor: CelAgent, fields: { name: 'string', kind: 'string', trust: 'double' } })
  .registerType('Signal', {
    ctor: CelSignal,
    fields: { id: 'string', agent: 'Agent', claim: 'string', confidence: 'double', ageHours: 'double' },
  })
  .registerVariable('signals', 'list<Signal>')
  .registerVariable('signal', 'Signal')
  // Dynamic, since it may be null, which CEL compares with dynamic values only.
  .registerVariable('proposal', 'dyn')
  .registerVariable('now', 'google.protobuf.Timestamp')

/** The functions and macros that there are. */
export const FUNCTIONS: ReadonlySet<string> = new Set(base.getDefinitions().functions.map(({ name }) => name))

/**
 * The words of one file. `declarations` null: facts are dynamic; a fact whose declaration is null is dynamic, too.
 * The facts must have passed their schema.
 */
export function createVocabulary(
  declarations: ReadonlyMap<string, FactDeclaration | null> | null,
  variables: readonly Variable[],
): Vocabulary {
  if (declarations === null) {
    const environment = base.clone().registerVariable('account', 'map<string, dyn>')
    return { facts: null, variables, environment, context: (scope) => new Context(scope, scope.account) }
  }
  const facts = new Map<string, FactReader>()
  const fields: Record<string, string> = {}
  for (const [name, declaration] of declarations) {
    const type = declaration && parseFactType(declaration.type)
    facts.set(name, declaration === null ? (all) => all[name] ?? undefined : factReader(name, declaration))
    fields[name] = type === null ? 'dyn' : celType(type)
  }
  const Account = accountClass(facts)
  const environment = base
    .clone()
    .registerType('Account', { ctor: Account, fields })
    .registerVariable('account', 'Account')
  return { facts, variables, environment, context: (scope) => new Context(scope, new Account(scope.account)) }
}

/** The same facts with other variables. */
export function withVariables(vocabulary: Vocabulary, variables: readonly Variable[]): Vocabulary {
  return { ...vocabulary, variables }
}

/** A symbol, since a fact may have any name. */
const FACTS = Symbol('facts')

/** Facts as an object that reads each one when it is asked for. */
function accountClass(readers: ReadonlyMap<string, FactReader>): new (facts: Facts) => object {
  class Account {
    readonly [FACTS]: Facts
    constructor(facts: Facts) {
      this[FACTS] = facts
    }
  }
  for (const [name, read] of readers) {
    Object.defineProperty(Account.prototype, name, {
      get(this: Account) {
        return read(this[FACTS])
      },
    })
  }
  return Account
}

class Context {
  readonly account: object
  readonly #scope: Scope
  constructor(scope: Scope, account: object) {
    this.#scope = scope
    this.account = account
  }
  get now(): Date {
    return this.#scope.now
  }
  get signals(): CelSignal[] {
    return this.#scope.signals.map((signal) => new CelSignal(signal))
  }
  get signal(): CelSignal | undefined {
    return this.#scope.signal && new CelSignal(this.#scope.signal)
  }
  get proposal(): Proposal | null {
    return this.#scope.proposal
  }
}

import type { Facts, Signal } from '../core/model.ts'
import { GENESIS, type Head, link } from '../storage/chain.ts'
import { Writes } from '../storage/commit.ts'
import { type Loaded, outcomeKey, type StoredAccount, type StoredAgent, signalKey } from '../storage/load.ts'

/**
 * What one batch knows and is about to write. Requests of the batch are served one after another, and each sees
 * what those before it wrote, so a batch gives the same answers as its requests would one at a time.
 */
export class Book {
  /** Milliseconds since the epoch; one moment for the whole batch. */
  readonly now: number
  /** The same, RFC 3339. */
  readonly at: string
  readonly writes = new Writes()
  readonly #loaded: Loaded
  /** By their ids, and by those that have become aliases in this batch. */
  readonly #accounts = new Map<string, AccountPage>()
  readonly #agents = new Map<string, StoredAgent>()
  readonly #signals = new Map<string, string | null>()
  readonly #outcomes = new Map<string, string>()

  constructor(loaded: Loaded, now: number) {
    this.#loaded = loaded
    this.now = now
    this.at = new Date(now).toISOString()
  }

  /** The account behind a name that was asked for in the load, an alias or the account itself. */
  account(name: string): AccountPage {
    const stored = this.#loaded.accounts.get(name)
    if (!stored) throw new Error(`account \`${name}\` was not loaded`)
    const page = this.#accounts.get(stored.account) ?? new AccountPage(stored, this)
    this.#accounts.set(stored.account, page)
    return page
  }

  /** Makes an account an alias of another: whoever asks for it after that gets the other. */
  makeAlias(alias: AccountPage, page: AccountPage): void {
    this.writes.insert('aliases', { alias: alias.account, account_id: page.account })
    this.#accounts.set(alias.account, page)
    page.addAlias(alias.account)
  }

  /** What an admin or the first signal made of an agent; undefined: never heard of. */
  agent(name: string): StoredAgent | undefined {
    return this.#agents.get(name) ?? this.#loaded.agents.get(name)
  }

  /** Makes an agent known under its name, with nothing that an admin has said of it. */
  register(name: string): void {
    if (this.agent(name)) return
    const entry = link(`agent:${name}`, GENESIS, 'agent.registered', this.at, { agent: name, overrides: {} })
    this.writes.append(entry)
    this.writes.insert('agents', {
      name,
      sequence: entry.sequence,
      overrides: '{}',
      registered_at: this.at,
    })
    this.#agents.set(name, { name, sequence: entry.sequence, overrides: {} })
  }

  /** The payload with which a signal was accepted: null where it has been erased, undefined where it is new. */
  knownSignal(account: string, agent: string, id: string): string | null | undefined {
    const key = signalKey(account, agent, id)
    return this.#signals.has(key) ? this.#signals.get(key) : this.#loaded.signals.get(key)
  }

  rememberSignal(account: string, agent: string, id: string, payload: string): void {
    this.#signals.set(signalKey(account, agent, id), payload)
  }

  /** The state that a source has stated before for this decision and time. */
  knownOutcome(account: string, decision: string, observedAt: number, source: string): string | undefined {
    const key = outcomeKey(account, decision, observedAt, source)
    return this.#outcomes.get(key) ?? this.#loaded.outcomes.get(key)
  }

  rememberOutcome(account: string, decision: string, observedAt: number, source: string, state: string): void {
    this.#outcomes.set(outcomeKey(account, decision, observedAt, source), state)
  }
}

/** One account within a batch. */
export class AccountPage {
  readonly account: string
  #aliases: readonly string[]
  #head: Head
  #facts: Facts
  #factsSequence: number
  #signals: readonly Signal[]
  readonly #book: Book

  constructor(stored: StoredAccount, book: Book) {
    this.account = stored.account
    this.#aliases = stored.aliases
    this.#head = stored.head
    this.#facts = stored.facts
    this.#factsSequence = stored.factsSequence
    this.#signals = stored.signals
    this.#book = book
  }

  get stream(): string {
    return `account:${this.account}`
  }

  get aliases(): readonly string[] {
    return this.#aliases
  }

  /** The newest entry; its sequence is the version of the account's state. */
  get head(): Head {
    return this.#head
  }

  get facts(): Facts {
    return this.#facts
  }

  get factsSequence(): number {
    return this.#factsSequence
  }

  /** Those that stand, expired ones among them. */
  get signals(): readonly Signal[] {
    return this.#signals
  }

  get isKnown(): boolean {
    return this.#head.sequence > 0
  }

  /** Adds an entry to the account's stream. */
  append(kind: string, body: object): { readonly sequence: number; readonly hash: string; readonly payload: string } {
    const entry = link(this.stream, this.#head, kind, this.#book.at, body)
    this.#book.writes.append(entry)
    this.#head = entry
    return entry
  }

  addAlias(alias: string): void {
    this.#aliases = [...this.#aliases, alias]
  }

  setFacts(facts: Facts, sequence: number): void {
    this.#facts = facts
    this.#factsSequence = sequence
    this.#book.writes.insert('facts', { account_id: this.account, sequence, facts: JSON.stringify(facts) })
  }

  /**
   * Takes in a signal. Of one (agent, claim) the newest stands, and an older one only for as long as it outlives
   * the newer: what no moment to come can bring back is marked superseded, so that what a request reads of an
   * account stays small however long its history grows.
   */
  addSignal(signal: Signal): void {
    const row = { account_id: this.account, agent: signal.agent, id: signal.id }
    const rivals = this.#signals.filter((other) => other.agent === signal.agent && other.claim === signal.claim)
    const superseded = rivals.some((other) => supersedes(other, signal))
    this.#book.writes.insert('signals', {
      ...row,
      sequence: signal.sequence,
      claim: signal.claim,
      confidence: signal.confidence,
      score: signal.score,
      observed_at: new Date(signal.observedAt).toISOString(),
      expires_at: signal.expiresAt === null ? null : new Date(signal.expiresAt).toISOString(),
      superseded,
    })
    if (superseded) return
    const ended = new Set(rivals.filter((other) => supersedes(signal, other)))
    for (const other of ended) {
      this.#book.writes.update('signals', { ...row, id: other.id, superseded: true })
    }
    this.#signals = [...this.#signals.filter((other) => !ended.has(other)), signal]
  }
}

/** Whether, from now on, `newer` is always heard in place of `older`, a rival of the same agent and claim. */
function supersedes(newer: Signal, older: Signal): boolean {
  const isNewer =
    newer.observedAt > older.observedAt || (newer.observedAt === older.observedAt && newer.sequence > older.sequence)
  const outlives = newer.expiresAt === null || (older.expiresAt !== null && newer.expiresAt >= older.expiresAt)
  return isNewer && outlives
}

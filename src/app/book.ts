import { type Escalation, isWaiting } from '../core/escalation/escalation.ts'
import type { RecordedEvent } from '../core/events.ts'
import type { Lease } from '../core/lease.ts'
import type { Facts, Ruling, Signal } from '../core/model.ts'
import type { NoticeEvent } from '../core/queues.ts'
import { GENESIS, type Head, link, type Sha256 } from '../storage/chain.ts'
import { Writes } from '../storage/commit.ts'
import { escalationRow } from '../storage/escalations.ts'
import type { StoredAnswer } from '../storage/idempotency.ts'
import { leaseRow } from '../storage/leases.ts'
import {
  type Loaded,
  outcomeKey,
  type StoredAccount,
  type StoredAgent,
  type StoredFault,
  signalKey,
  type TakenLease,
} from '../storage/load.ts'
import { toldOfDecision } from './events/recorded.ts'
import type { IdempotencyKey } from './idempotency.ts'

/** An entry of the trail. */
export interface Place {
  readonly stream: string
  readonly sequence: number
}

/** What an event is about. */
export interface EventAbout {
  readonly account: string
  /** Id. */
  readonly adjudication: string
  /** The item that people have of it, if any: what a blind queue hides, the event does not tell either. */
  readonly escalation?: string | null | undefined
  /** Whose proposal or lease it is about, if any: its key hears of it, too. */
  readonly agent?: string | null | undefined
}

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
  readonly #faults = new Map<string, FaultPage>()
  readonly #escalations = new Map<string, Escalation>()
  readonly #escalationsOf = new Map<string, Set<string>>()
  readonly #rulings = new Map<string, Ruling>()
  readonly #raised = new Set<string>()
  readonly #leases = new Map<string, Lease>()
  readonly #stirred = new Set<string>()

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

  /**
   * What can't be evaluated, by its name in `Handoff.faults`.
   * @throws NotLoaded, for the desk
   */
  fault(name: string): FaultPage {
    const stored = this.#loaded.faults.get(name)
    if (!stored) throw new NotLoaded(name)
    const page = this.#faults.get(name) ?? new FaultPage(name, stored, this)
    this.#faults.set(name, page)
    return page
  }

  /** An escalation that was asked for, or that waits for a person about an account or fault that was; as it stands now. */
  escalation(id: string): Escalation | undefined {
    return this.#escalations.get(id) ?? this.#loaded.escalations.get(id)
  }

  /** The escalations of this batch that are about an account. */
  escalationsOf(account: string): readonly Escalation[] {
    const ids = this.#escalationsOf.get(account)
    return ids ? [...ids].map((id) => this.#escalations.get(id)!).filter((item) => item.account === account) : []
  }

  /** Makes escalations known as they are stored. */
  remember(items: readonly Escalation[]): void {
    for (const item of items) if (!this.#escalations.has(item.id)) this.#keep(item)
  }

  #keep(item: Escalation): void {
    this.#escalations.set(item.id, item)
    const ids = this.#escalationsOf.get(item.account) ?? new Set()
    this.#escalationsOf.set(item.account, ids.add(item.id))
  }

  /**
   * Writes an escalation as it stands now, and wakes its clock if that runs otherwise than before. It takes an entry in
   * the stream of the escalation in this batch: nothing else keeps it from undoing what others write meanwhile.
   * @param step the entry that changed it; left out where that changes nothing for people
   */
  put(item: Escalation, step?: Place): void {
    const before = this.escalation(item.id)
    this.#keep(item)
    this.writes.put('escalations', escalationRow(item))
    if (step) {
      this.writes.insert('escalation_steps', {
        escalation_id: item.id,
        account_id: item.account,
        stream: step.stream,
        sequence: step.sequence,
      })
    }
    if (item.tickAt !== null && item.tickAt !== before?.tickAt) {
      this.#enqueue(item.account, 'clock', { escalation: item.id, at: item.tickAt })
    }
  }

  /** Tells whoever listens to the event. What people have decided answers the adjudication, too. */
  notify(event: NoticeEvent, item: Escalation, place: Place): void {
    const { stream, sequence } = place
    this.#enqueue(item.account, 'notice', { event, escalation: item.id, stream, sequence })
    const { account, adjudication, resolution, asked } = item
    if (event !== 'escalation.resolved' || resolution === null || resolution.action === null) return
    const about = { account, adjudication, escalation: item.id, agent: asked.proposal?.agent }
    this.event('adjudication.resolved', place, about, toldOfDecision(item, resolution))
  }

  /**
   * Records what streams and subscriptions tell of, with what it follows from: neither is committed without the other.
   *
   * @param place the entry in the trail that says the same
   * @param told what no id tells: numbers, names, and what operators and we ourselves have written
   */
  event(type: RecordedEvent, { sequence }: Place, about: EventAbout, told: object): void {
    const { account, adjudication, escalation = null, agent = null } = about
    this.writes.insert('events', {
      account_id: account,
      type,
      at: this.at,
      sequence,
      adjudication_id: adjudication,
      escalation_id: escalation,
      agent,
      body: JSON.stringify(told),
    })
  }

  /** Keeps the answer to a request under its idempotency key, to be given again. */
  answered({ owner, key }: IdempotencyKey, { headers, ...answer }: StoredAnswer): void {
    this.writes.update('idempotency_keys', { owner, key, ...answer, headers: JSON.stringify(headers) })
  }

  /** Sequence of the newest activation of rules, in whatever process; where leases were asked for. */
  get activation(): number {
    return this.#loaded.activation
  }

  /** A lease that was asked for, as it stands now. */
  lease(id: string): Lease | undefined {
    return this.#leases.get(id) ?? this.#loaded.leases.get(id)
  }

  issue(lease: Lease, tokenHash: Sha256): void {
    this.#leases.set(lease.id, lease)
    this.writes.insert('leases', leaseRow(lease, tokenHash))
  }

  /**
   * Writes a lease that was redeemed or revoked, or went over to another account with it. It takes an entry in the stream
   * of the account in this batch, so that of two who do it at once the later one sees what the earlier one did.
   */
  settle(lease: Lease, { sequence }: Pick<Place, 'sequence'>): void {
    this.#leases.set(lease.id, lease)
    this.writes.update('leases', {
      id: lease.id,
      account_id: lease.account,
      status: lease.status,
      settled_at: lease.settledAt === null ? null : new Date(lease.settledAt).toISOString(),
      sequence,
      reason: lease.reason,
    })
  }

  /** Has the leases of an account looked at again, since something has come that may change what they rest on. */
  stirLeases(account: string): void {
    if (this.#stirred.has(account)) return
    this.#stirred.add(account)
    this.#enqueue(account, 'leases', { account })
  }

  /** Keeps what a person decided about a question. */
  rule(page: AccountPage, decision: string, { sequence, ...ruling }: Ruling): void {
    const { account } = page
    this.#rulings.set(`${account}\n${decision}`, { sequence, ...ruling })
    this.writes.put('rulings', { account_id: account, decision, sequence, ruling: JSON.stringify(ruling) })
    if (page.hasLeases) this.stirLeases(account)
  }

  /** What a person last decided in this batch. */
  ruling(account: string, decision: string): Ruling | undefined {
    return this.#rulings.get(`${account}\n${decision}`)
  }

  /** Asks a question about an account in nobody's name, since something arrived at `sequence` of its stream. */
  raise(account: string, decision: string, sequence: number): void {
    this.writes.put('pending_questions', { account_id: account, decision, sequence, raised_at: this.at })
    const key = `${account}\n${decision}`
    if (this.#raised.has(key)) return
    this.#raised.add(key)
    this.#enqueue(account, 'question', { account, decision, sequence })
  }

  #enqueue(account: string, topic: string, payload: object): void {
    this.writes.insert('outbox', {
      account_id: account,
      topic,
      payload: JSON.stringify(payload),
      created_at: this.at,
    })
  }
}

/** What a batch turned out to need. */
export class NotLoaded extends Error {
  readonly fault: string
  constructor(fault: string) {
    super(`\`${fault}\` was not loaded`)
    this.fault = fault
  }
}

/** A stream of the trail within a batch. */
class Page {
  readonly stream: string
  #head: Head
  protected readonly book: Book

  constructor(stream: string, head: Head, book: Book) {
    this.stream = stream
    this.#head = head
    this.book = book
  }

  /** The newest entry; its sequence is the version of what the stream is about. */
  get head(): Head {
    return this.#head
  }

  append(kind: string, body: object): Place & { readonly hash: string; readonly payload: string } {
    const entry = link(this.stream, this.#head, kind, this.book.at, body)
    this.book.writes.append(entry)
    this.#head = entry
    return entry
  }
}

/** What can't be evaluated, within a batch. */
export class FaultPage extends Page {
  #newest: string | null

  constructor(name: string, stored: StoredFault, book: Book) {
    super(`rule:${name}`, stored.head, book)
    if (stored.escalation) book.remember([stored.escalation])
    this.#newest = stored.escalation?.id ?? null
  }

  /** The item about it that waits for a person. */
  get waiting(): Escalation | null {
    const item = this.#newest === null ? undefined : this.book.escalation(this.#newest)
    return item && isWaiting(item) ? item : null
  }

  /** Writes an item about it that has just been opened. */
  open(item: Escalation, step: Place): void {
    this.#newest = item.id
    this.book.put(item, step)
  }
}

/** One account within a batch. */
export class AccountPage extends Page {
  readonly account: string
  #aliases: readonly string[]
  #facts: Facts
  #factsSequence: number
  #signals: readonly Signal[]
  readonly #rulings: ReadonlyMap<string, Ruling>
  #taken: readonly TakenLease[]
  #takenSequence: number
  #hasLeases: boolean

  constructor(stored: StoredAccount, book: Book) {
    super(`account:${stored.account}`, stored.head, book)
    this.account = stored.account
    this.#aliases = stored.aliases
    this.#facts = stored.facts
    this.#factsSequence = stored.factsSequence
    this.#signals = stored.signals
    this.#rulings = stored.rulings
    this.#taken = stored.taken
    this.#takenSequence = stored.takenSequence
    this.#hasLeases = stored.hasLeases
    book.remember(stored.escalations)
  }

  get aliases(): readonly string[] {
    return this.#aliases
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
    return this.head.sequence > 0
  }

  /** Decisions that wait for a person; of an account that was loaded whole. */
  get waiting(): readonly Escalation[] {
    return this.book
      .escalationsOf(this.account)
      .filter((item) => item.kind === 'decision' && item.rule === null && isWaiting(item))
  }

  /** The item about a decision that waits for a person. */
  waitingFor(decision: string): Escalation | null {
    return this.waiting.find((item) => item.decision === decision) ?? null
  }

  /** What a person last decided. */
  ruling(decision: string): Ruling | null {
    return this.book.ruling(this.account, decision) ?? this.#rulings.get(decision) ?? null
  }

  /** All that people last decided, by decision; of an account that was loaded whole. */
  get rulings(): ReadonlyMap<string, Ruling> {
    return new Map([...this.#rulings.keys()].map((decision) => [decision, this.ruling(decision)!]))
  }

  /** What agents have lately done with it; of an account that was loaded whole, since when was asked for. */
  get taken(): readonly TakenLease[] {
    return this.#taken
  }

  /** Sequence of the entry that redeemed the newest lease; 0: none was. */
  get takenSequence(): number {
    return this.#takenSequence
  }

  /** Whether there may be leases that are not settled. */
  get hasLeases(): boolean {
    return this.#hasLeases
  }

  /** Writes a new lease on something to do with it. */
  issue(lease: Lease, tokenHash: Sha256): void {
    this.#hasLeases = true
    this.book.issue(lease, tokenHash)
  }

  /** Takes note of something that an agent does with it. */
  take(taken: TakenLease): void {
    this.#taken = [...this.#taken, taken]
    this.#takenSequence = taken.sequence
  }

  addAlias(alias: string): void {
    this.#aliases = [...this.#aliases, alias]
  }

  setFacts(facts: Facts, sequence: number): void {
    this.#facts = facts
    this.#factsSequence = sequence
    this.book.writes.insert('facts', { account_id: this.account, sequence, facts: JSON.stringify(facts) })
    if (this.#hasLeases) this.book.stirLeases(this.account)
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
    this.book.writes.insert('signals', {
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
    if (this.#hasLeases) this.book.stirLeases(this.account)
    const ended = new Set(rivals.filter((other) => supersedes(signal, other)))
    for (const other of ended) {
      this.book.writes.update('signals', { ...row, id: other.id, superseded: true })
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

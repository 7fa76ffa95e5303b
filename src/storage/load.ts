import type { Pool } from 'pg'
import type { Escalation } from '../core/escalation/escalation.ts'
import type { Lease } from '../core/lease.ts'
import type { Facts, Ruling, Signal, Taken } from '../core/model.ts'
import { GENESIS, type Head } from './chain.ts'
import { type EscalationRow, escalationOf } from './escalations.ts'
import { type LeaseRow, leaseOf } from './leases.ts'

/** What a batch of requests must know before it can decide. */
export interface Wanted {
  /** As sent: ids or aliases. */
  readonly accounts: readonly string[]
  /** Accounts of which the trail is enough: no facts, and of the signals only those of `agents`. */
  readonly trails: readonly string[]
  /** Whose standing is needed beside that of the agents whose signals stand. */
  readonly agents: readonly string[]
  /** Accounts of which it is needed what was sent of the signals that stand. */
  readonly said: readonly string[]
  /** Signals that may have been sent before. */
  readonly signals: readonly { readonly account: string; readonly agent: string; readonly id: string }[]
  /** Outcomes that may have been sent before. */
  readonly outcomes: readonly OutcomeKey[]
  /** Ids of escalations. */
  readonly escalations: readonly string[]
  /** What could not be evaluated, by the names of `Handoff.faults`. */
  readonly faults: readonly string[]
  /** Ids of leases. */
  readonly leases: readonly string[]
  /** From when on it is needed what agents have done with the accounts, in milliseconds since the epoch; null: not at all. */
  readonly takenSince: number | null
}

export interface OutcomeKey {
  readonly account: string
  readonly decision: string
  /** Milliseconds since the epoch. */
  readonly observedAt: number
  readonly source: string
}

/** An account as it stands. */
export interface StoredAccount {
  readonly account: string
  readonly aliases: readonly string[]
  readonly head: Head
  readonly facts: Facts
  /** Sequence of the entry that made the facts what they are, 0 where there are none. */
  readonly factsSequence: number
  /** All that are not superseded, expired ones too. */
  readonly signals: readonly Signal[]
  /** Decisions that wait for a person. */
  readonly escalations: readonly Escalation[]
  /** What people last decided, by decision. */
  readonly rulings: ReadonlyMap<string, Ruling>
  /** Leases that were redeemed since `takenSince`. */
  readonly taken: readonly TakenLease[]
  /** Sequence of the entry that redeemed the newest lease, 0: none was. */
  readonly takenSequence: number
  /** Whether there may be leases that are not settled: some that are open, or an answer on which one may be given any moment. */
  readonly hasLeases: boolean
}

/** What an agent did, and the lease that allowed it. */
export interface TakenLease extends Taken {
  /** Id. */
  readonly lease: string
}

/** The stream of something that can't be evaluated, and the item that is open about it. */
export interface StoredFault {
  readonly head: Head
  readonly escalation: Escalation | null
}

/** What an admin said of an agent; sequence is its place in the agent's audit stream. */
export interface StoredAgent {
  readonly name: string
  readonly sequence: number
  readonly overrides: Readonly<Record<string, unknown>>
}

export interface Loaded {
  /** By the name that was asked for. */
  readonly accounts: ReadonlyMap<string, StoredAccount>
  readonly agents: ReadonlyMap<string, StoredAgent>
  /** Payloads of known signals, those asked for and those of `said`, by `signalKey`; null where the payload has been erased. */
  readonly signals: ReadonlyMap<string, string | null>
  /** States of known outcomes by `outcomeKey`. */
  readonly outcomes: ReadonlyMap<string, string>
  /** Those asked for, by id. */
  readonly escalations: ReadonlyMap<string, Escalation>
  /** By the name that was asked for. */
  readonly faults: ReadonlyMap<string, StoredFault>
  /** Those asked for, by id. */
  readonly leases: ReadonlyMap<string, Lease>
  /** Sequence of the newest activation, where leases were asked for; else 0. */
  readonly activation: number
}

/** Identifies a signal: (account, agent, id). No name holds a control character. */
export const signalKey = (account: string, agent: string, id: string): string => `${account}\n${agent}\n${id}`

/** Identifies an outcome: what one source said of one decision's state at one time. */
export const outcomeKey = (account: string, decision: string, observedAt: number, source: string): string =>
  `${account}\n${decision}\n${observedAt}\n${source}`

/** Everything that a batch needs, in one round trip: one row of JSON documents, since rows of columns cost more. */
export async function load(pool: Pool, wanted: Wanted): Promise<Loaded> {
  const { rows } = await pool.query<{
    accounts: AccountJson[]
    agents: AgentJson[]
    signals: SignalJson[]
    outcomes: OutcomeJson[]
    escalations: EscalationRow[]
    faults: FaultJson[]
    leases: LeaseRow[]
    activation: number | null
  }>({
    name: 'load',
    text: STATEMENT,
    values: [
      [...wanted.accounts, ...wanted.trails],
      wanted.accounts.length,
      wanted.agents,
      wanted.signals.map((signal) => signal.account),
      wanted.signals.map((signal) => signal.agent),
      wanted.signals.map((signal) => signal.id),
      wanted.outcomes.map((outcome) => outcome.account),
      wanted.outcomes.map((outcome) => outcome.decision),
      wanted.outcomes.map((outcome) => new Date(outcome.observedAt).toISOString()),
      wanted.outcomes.map((outcome) => outcome.source),
      wanted.said,
      wanted.escalations,
      wanted.faults,
      wanted.leases,
      wanted.takenSince === null ? null : new Date(wanted.takenSince).toISOString(),
    ],
  })
  const row = rows[0]!
  const agents = new Map<string, StoredAgent>()
  for (const [name, sequence, overrides] of row.agents) agents.set(name, { name, sequence, overrides })
  const accounts = new Map<string, StoredAccount>()
  // Two names may be of one account: what is known of it in whole comes first.
  const byId = new Map<string, StoredAccount>()
  for (const json of row.accounts) {
    const account = byId.get(json[1]) ?? storedAccount(json, agents)
    byId.set(json[1], account)
    accounts.set(json[0], account)
  }
  return {
    accounts,
    agents,
    signals: new Map(row.signals.map(([account, agent, id, payload]) => [signalKey(account, agent, id), payload])),
    outcomes: new Map(
      row.outcomes.map(([account, decision, at, source, state]) => [outcomeKey(account, decision, at, source), state]),
    ),
    escalations: new Map(row.escalations.map((json) => [json.id, escalationOf(json)])),
    faults: new Map(
      row.faults.map(([name, sequence, hash, open]) => [
        name,
        { head: headOf(sequence, hash), escalation: open && escalationOf(open) },
      ]),
    ),
    leases: new Map(row.leases.map((json) => [json.id, leaseOf(json)])),
    activation: row.activation ?? 0,
  }
}

type AgentJson = [name: string, sequence: number, overrides: Record<string, unknown>]
type AccountJson = [
  name: string,
  account: string,
  aliases: string[] | null,
  sequence: number | null,
  hash: string | null,
  factsSequence: number | null,
  facts: Facts | null,
  signals: StandingJson[] | null,
  escalations: EscalationRow[] | null,
  rulings: [decision: string, sequence: number, ruling: Omit<Ruling, 'sequence'>][] | null,
  taken: TakenJson[] | null,
  takenSequence: number | null,
  hasLeases: boolean | null,
]
type TakenJson = [sequence: number, lease: string, action: string, tags: string[], at: number]
type StandingJson = [
  sequence: number,
  agent: string,
  id: string,
  claim: string,
  confidence: number | null,
  score: number | null,
  observedAt: number,
  expiresAt: number | null,
  agentSequence: number | null,
  overrides: Record<string, unknown> | null,
]
type SignalJson = [account: string, agent: string, id: string, payload: string | null]
type FaultJson = [name: string, sequence: number | null, hash: string | null, open: EscalationRow | null]
type OutcomeJson = [account: string, decision: string, observedAt: number, source: string, state: string]

function storedAccount(json: AccountJson, agents: Map<string, StoredAgent>): StoredAccount {
  const [, account, aliases, sequence, hash, factsSequence, facts, standing, escalations, rulings, ...leases] = json
  const [taken, takenSequence, hasLeases] = leases
  const signals: Signal[] = []
  for (const [
    sequence,
    agent,
    id,
    claim,
    confidence,
    score,
    observedAt,
    expiresAt,
    agentSequence,
    overrides,
  ] of standing ?? []) {
    signals.push({ sequence, agent, id, claim, confidence, score, observedAt, expiresAt })
    if (agentSequence !== null && !agents.has(agent)) {
      agents.set(agent, { name: agent, sequence: agentSequence, overrides: overrides! })
    }
  }
  return {
    account,
    aliases: aliases ?? [],
    head: headOf(sequence, hash),
    facts: facts ?? {},
    factsSequence: factsSequence ?? 0,
    signals,
    escalations: (escalations ?? []).map(escalationOf),
    rulings: new Map((rulings ?? []).map(([decision, sequence, ruling]) => [decision, { ...ruling, sequence }])),
    taken: (taken ?? []).map(([sequence, lease, action, tags, at]) => ({ sequence, lease, action, tags, at })),
    takenSequence: takenSequence ?? 0,
    hasLeases: hasLeases ?? false,
  }
}

function headOf(sequence: number | null, hash: string | null): Head {
  return sequence === null || hash === null ? GENESIS : { sequence, hash }
}

/** Milliseconds since the epoch, exact: what is stored has no finer grain. */
const ms = (column: string) => `(date_part('epoch', ${column}) * 1000)::bigint`

const STATEMENT = `
WITH asked AS MATERIALIZED (
  SELECT name, coalesce(aliases.account_id, name) AS account_id, n, n <= $2::int AS whole
  FROM unnest($1::text[]) WITH ORDINALITY AS sent(name, n) LEFT JOIN aliases ON aliases.alias = name
)
SELECT
  (SELECT coalesce(json_agg(json_build_array(
      asked.name, asked.account_id, also.names, head.sequence, encode(head.hash, 'hex'), known.sequence, known.facts::json,
      standing.signals, waiting.escalations, decided.rulings, leased.taken, leased.newest, leased.some_open)
      ORDER BY asked.n), '[]')
   FROM asked
   LEFT JOIN LATERAL (
     SELECT json_agg(alias) AS names FROM aliases WHERE asked.whole AND aliases.account_id = asked.account_id
   ) also ON true
   LEFT JOIN LATERAL (
     SELECT sequence, hash FROM audit_entries
     WHERE stream = 'account:' || asked.account_id ORDER BY sequence DESC LIMIT 1
   ) head ON true
   LEFT JOIN LATERAL (
     SELECT sequence, facts FROM facts WHERE asked.whole AND facts.account_id = asked.account_id ORDER BY sequence DESC LIMIT 1
   ) known ON true
   LEFT JOIN LATERAL (
     SELECT json_agg(json_build_array(s.sequence, s.agent, s.id, s.claim, s.confidence, s.score,
       ${ms('s.observed_at')}, ${ms('s.expires_at')}, agents.sequence, agents.overrides)) AS signals
     FROM signals s LEFT JOIN agents ON agents.name = s.agent
     WHERE s.account_id = asked.account_id AND NOT s.superseded AND (asked.whole OR s.agent = ANY($3::text[]))
   ) standing ON true
   LEFT JOIN LATERAL (
     SELECT json_agg(to_json(e)) AS escalations FROM escalations e
     WHERE asked.whole AND e.account_id = asked.account_id
       AND e.kind = 'decision' AND e.rule IS NULL AND e.status IN ('open', 'claimed')
   ) waiting ON true
   LEFT JOIN LATERAL (
     SELECT json_agg(json_build_array(r.decision, r.sequence, r.ruling::json)) AS rulings FROM rulings r
     WHERE asked.whole AND r.account_id = asked.account_id
   ) decided ON true
   LEFT JOIN LATERAL (
     SELECT
       (SELECT max(l.sequence) FROM leases l WHERE l.account_id = asked.account_id AND l.status = 'redeemed') AS newest,
       -- Not EXISTS, which may be answered by going through all leases once.
       coalesce(
         (SELECT true FROM leases l WHERE l.account_id = asked.account_id AND l.status = 'open' LIMIT 1),
         (SELECT true FROM standing_verdicts v
          WHERE v.account_id = asked.account_id AND v.verdict = 'allow' AND v.valid_until > statement_timestamp() LIMIT 1)
       ) AS some_open,
       (SELECT json_agg(json_build_array(l.sequence, l.id, l.action, l.tags::json, ${ms('l.settled_at')}))
        FROM leases l
        WHERE asked.whole AND l.account_id = asked.account_id AND l.status = 'redeemed' AND l.settled_at > $15::timestamptz
       ) AS taken
   ) leased ON true
  ) AS accounts,
  (SELECT coalesce(json_agg(json_build_array(name, sequence, overrides)), '[]') FROM agents WHERE name = ANY($3::text[])) AS agents,
  (SELECT coalesce(json_agg(json_build_array(s.account_id, s.agent, s.id, p.payload)), '[]')
   FROM (
     SELECT s.account_id, s.agent, s.id, s.sequence
     FROM unnest($4::text[], $5::text[], $6::text[]) AS sent(account, agent, id)
     LEFT JOIN aliases ON aliases.alias = sent.account
     JOIN signals s ON s.account_id = coalesce(aliases.account_id, sent.account) AND s.agent = sent.agent AND s.id = sent.id
     UNION ALL
     SELECT s.account_id, s.agent, s.id, s.sequence
     FROM unnest($11::text[]) AS said(account)
     LEFT JOIN aliases ON aliases.alias = said.account
     JOIN signals s ON s.account_id = coalesce(aliases.account_id, said.account) AND NOT s.superseded
   ) s
   LEFT JOIN audit_payloads p ON p.stream = 'account:' || s.account_id AND p.sequence = s.sequence
  ) AS signals,
  (SELECT coalesce(json_agg(json_build_array(o.account_id, o.decision, ${ms('o.observed_at')}, o.source, o.state)), '[]')
   FROM unnest($7::text[], $8::text[], $9::timestamptz[], $10::text[]) AS sent(account, decision, observed_at, source)
   LEFT JOIN aliases ON aliases.alias = sent.account
   JOIN outcomes o ON o.account_id = coalesce(aliases.account_id, sent.account) AND o.decision = sent.decision
     AND o.observed_at = sent.observed_at AND o.source = sent.source
  ) AS outcomes,
  (SELECT coalesce(json_agg(to_json(e)), '[]') FROM escalations e WHERE e.id = ANY($12::uuid[])) AS escalations,
  (SELECT coalesce(json_agg(json_build_array(name, head.sequence, encode(head.hash, 'hex'), waiting.escalation)), '[]')
   FROM unnest($13::text[]) AS fault(name)
   LEFT JOIN LATERAL (
     SELECT sequence, hash FROM audit_entries WHERE stream = 'rule:' || name ORDER BY sequence DESC LIMIT 1
   ) head ON true
   LEFT JOIN LATERAL (
     SELECT to_json(e) AS escalation FROM escalations e
     WHERE e.rule = name AND e.status IN ('open', 'claimed') LIMIT 1
   ) waiting ON true
  ) AS faults,
  (SELECT coalesce(json_agg(to_json(l)), '[]') FROM (
    SELECT id, account_id, decision, action, tags, agent, payload_hash, owner, adjudication_id, ruleset, state_version,
      fresh_until, issued_at, expires_at, status, settled_at, reason
    FROM leases WHERE id = ANY($14::uuid[])
  ) l) AS leases,
  (SELECT sequence FROM audit_entries JOIN audit_payloads USING (stream, sequence)
   WHERE cardinality($14::uuid[]) > 0 AND stream = 'rulesets' AND kind = 'ruleset.activated'
   ORDER BY sequence DESC LIMIT 1) AS activation`

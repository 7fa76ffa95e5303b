import { type Kysely, type RawBuilder, sql } from 'kysely'
import type { Break, StoredEntry } from './audit.ts'
import { canonicalJson } from './chain.ts'
import type { Database } from './database.ts'
import { ACCOUNT, type Body, type Recorded, recordedBy } from './recorded.ts'

/**
 * The rows that answers are made from, held against the chain that recorded them. The chain is taken as sound: that is
 * checked first. All of it reads one snapshot, else what is written meanwhile would look like tampering.
 */

/** What entries of some kinds say of the rows of a table. */
interface Check<Row> {
  readonly kinds: readonly string[]
  /** The row that each entry made, `n` its place among the entries from 0; no row where there is none. */
  find(entries: readonly Recorded[]): RawBuilder<Row & { readonly n: number }>
  /** The row in words. */
  name(entry: Recorded): string
  /** Whether it says what was recorded. */
  isSame(entry: Recorded, row: Row): boolean
}

const check = <Row>(one: Check<Row>): Check<unknown> => one as Check<unknown>

/** Rows to be found by what entries say: `n` and one column for each of `columns`. */
function sought(entries: readonly Recorded[], columns: Readonly<Record<string, (entry: Recorded) => unknown>>) {
  const types: Readonly<Record<string, string>> = { sequence: 'bigint' }
  const arrays = Object.entries(columns).map(([column, value]) => {
    const type = types[column] ?? 'text'
    const values = entries.map((entry) => storable(value(entry)))
    return sql`${values}::${sql.raw(type)}[]`
  })
  const names = sql.raw([...Object.keys(columns), 'place'].join(', '))
  return sql`(SELECT *, (place - 1)::int AS n FROM unnest(${sql.join(arrays)}) WITH ORDINALITY AS given(${names})) AS k`
}

/** What was not recorded as a word or a number finds nothing. */
const storable = (value: unknown) => (typeof value === 'string' || typeof value === 'number' ? value : null)

const inner = (body: Body, key: string): Body => {
  const value = body[key]
  return typeof value === 'object' && value !== null ? (value as Body) : {}
}
const said = ({ body }: Recorded): Body => inner(body, 'signal')
const time = (value: unknown): number | null => (typeof value === 'string' ? Date.parse(value) : null)
const isJson = (text: string, value: unknown): boolean => {
  try {
    return canonicalJson(JSON.parse(text)) === canonicalJson(value)
  } catch {
    return false
  }
}

/** A list without its order, as JSON. */
const inOrder = (list: unknown): string => `[${(Array.isArray(list) ? list : []).map(canonicalJson).sort().join()}]`

interface SignalRow {
  readonly sequence: number
  readonly claim: string
  readonly confidence: number | null
  readonly score: number | null
  readonly observed_at: Date
  readonly expires_at: Date | null
  /** Of one that came with an account that joined: whether it is as it was there; null where there is none such. */
  readonly is_original: boolean | null
}

/** Entries that are steps of an escalation and nothing else. */
const STEPS = [
  'claimed',
  'released',
  'lapsed',
  'reassigned',
  'commented',
  'resolved',
  'reminded',
  'overdue',
  'raised',
  'expired',
].map((step) => `escalation.${step}`)

const CHECKS: readonly Check<unknown>[] = [
  check<SignalRow>({
    kinds: ['signal', 'signal.joined'],
    find: (entries) => sql`
      SELECT k.n, s.sequence, s.claim, s.confidence, s.score, s.observed_at, s.expires_at,
        CASE WHEN o.id IS NOT NULL THEN (o.claim, o.observed_at) = (s.claim, s.observed_at)
          AND (o.confidence, o.score, o.expires_at) IS NOT DISTINCT FROM (s.confidence, s.score, s.expires_at)
        END AS is_original
      FROM ${sought(entries, {
        account: ({ owner }) => owner,
        agent: (entry) => said(entry).agent,
        id: (entry) => said(entry).id,
        origin: ({ body }) => body.from,
      })}
      JOIN signals s ON s.account_id = k.account AND s.agent = k.agent AND s.id = k.id
      LEFT JOIN signals o ON o.account_id = k.origin AND o.agent = k.agent AND o.id = k.id`,
    name: (entry) => `the signal \`${said(entry).id}\` of \`${said(entry).agent}\``,
    isSame(entry, row) {
      const { claim, confidence = null, score = null, observedAt, expiresAt } = said(entry)
      if (row.sequence !== entry.sequence || row.claim !== claim) return false
      // Of one that had been erased when its account joined the entry has the bare words alone: the original speaks.
      if (row.is_original !== null) return row.is_original && (confidence === null || row.confidence === confidence)
      return (
        row.confidence === confidence &&
        row.score === score &&
        row.observed_at.getTime() === (time(observedAt) ?? entry.at.getTime()) &&
        (row.expires_at?.getTime() ?? null) === time(expiresAt)
      )
    },
  }),
  check<{ facts: string }>({
    kinds: ['facts'],
    find: (entries) => sql`
      SELECT k.n, f.facts
      FROM ${sought(entries, { account: ({ owner }) => owner, sequence: ({ sequence }) => sequence })}
      JOIN facts f ON f.account_id = k.account AND f.sequence = k.sequence`,
    name: ({ owner }) => `the record of facts of \`${owner}\``,
    isSame: ({ body }, row) => isJson(row.facts, body.facts),
  }),
  check<{ id: string; disposition: string; opened: unknown }>({
    kinds: ['adjudication'],
    find: (entries) => sql`
      SELECT k.n, a.id, a.disposition,
        (SELECT json_agg(json_build_array(e.id, e.decision)) FROM escalations e
         WHERE e.created_at = k.at::timestamptz AND e.opened_by = a.id AND e.rule IS NULL) AS opened
      FROM ${sought(entries, {
        account: ({ owner }) => owner,
        decision: ({ body }) => body.decision,
        sequence: ({ sequence }) => sequence,
        at: ({ at }) => at.toISOString(),
      })}
      JOIN adjudications a ON a.account_id = k.account AND a.decision = k.decision AND a.sequence = k.sequence`,
    name: ({ body }) => `the adjudication \`${body.id}\` or its escalation`,
    isSame({ body }, row) {
      const { disposition } = inner(body, 'figures')
      const opened = body.escalation === undefined || body.joined === true ? null : [[body.escalation, body.decision]]
      return row.id === body.id && row.disposition === disposition && isJson(JSON.stringify(row.opened), opened)
    },
  }),
  check<{ id: string; rule: string | null; opened_by: string }>({
    kinds: ['escalation.opened'],
    find: (entries) => sql`
      SELECT k.n, e.id, e.rule, e.opened_by
      FROM ${sought(entries, { id: ({ body }) => body.escalation })} JOIN escalations e ON e.id = k.id::uuid`,
    name: ({ body }) => `the escalation \`${body.escalation}\``,
    isSame: ({ owner, body }, row) => row.rule === owner && row.opened_by === body.adjudication,
  }),
  check<{ id: string }>({
    kinds: STEPS,
    find: (entries) => sql`
      SELECT k.n, s.escalation_id AS id
      FROM ${sought(entries, {
        id: ({ body }) => body.escalation,
        stream: ({ stream }) => stream,
        sequence: ({ sequence }) => sequence,
      })}
      JOIN escalation_steps s ON s.escalation_id = k.id::uuid AND s.stream = k.stream AND s.sequence = k.sequence`,
    name: ({ body }) => `a step of the escalation \`${body.escalation}\``,
    isSame: () => true,
  }),
  check<{ resolution: unknown; agreements: unknown }>({
    kinds: ['escalation.resolved', 'escalation.expired'],
    find: (entries) => sql`
      SELECT k.n, e.resolution, coalesce(said.agreements, '[]') AS agreements
      FROM ${sought(entries, { id: ({ body }) => body.escalation })}
      JOIN escalations e ON e.id = k.id::uuid
      LEFT JOIN LATERAL (
        SELECT json_agg(json_build_object('agent', a.agent, 'signal', a.signal_id, 'claim', a.claim, 'agrees', a.agrees,
          'basis', a.basis, 'reason', a.reason)) AS agreements
        FROM agreements a WHERE a.escalation_id = e.id
      ) said ON true`,
    name: ({ body }) => `the resolution of the escalation \`${body.escalation}\``,
    isSame({ body, at }, row) {
      const resolution: Body = { ...inner(body, 'resolution'), by: body.by, at: at.toISOString() }
      const { reason } = resolution
      const agreements = ((body.agreements ?? []) as Body[]).map((agreement) => ({ ...agreement, reason }))
      return (
        isJson(JSON.stringify(row.resolution), resolution) &&
        isJson(inOrder(row.agreements), JSON.parse(inOrder(agreements)))
      )
    },
  }),
  check<{ sequence: number | null; ruling: string | null; is_astray: boolean }>({
    kinds: ['escalation.resolved', 'ruling.joined', 'lease.redeemed'],
    find: (entries) => sql`
      SELECT k.n, newest.sequence, newest.ruling,
        named.decision IS NOT NULL AND named.decision IS DISTINCT FROM newest.decision AS is_astray
      FROM ${sought(entries, {
        account: ({ stream, owner }) => (stream.startsWith(ACCOUNT) ? owner : null),
        id: ({ body }) => body.escalation,
        decision: ({ body }) => body.decision,
        sequence: ({ sequence }) => sequence,
      })}
      LEFT JOIN escalations e ON e.id = k.id::uuid
      LEFT JOIN rulings newest ON newest.account_id = k.account AND newest.decision = coalesce(k.decision, e.decision)
      LEFT JOIN rulings named ON named.account_id = k.account AND named.sequence = k.sequence`,
    name: ({ body }) =>
      typeof body.lease === 'string'
        ? `what was decided, now that the lease \`${body.lease}\` is redeemed,`
        : `what was decided ${body.from === undefined ? `in the escalation \`${body.escalation}\`` : `about \`${body.from}\``}`,
    // The newest stands for the question; who decided nothing leaves what stood.
    isSame({ sequence, body }, row) {
      if (row.is_astray) return false
      if (row.sequence === sequence) return body.ruling !== undefined && isJson(row.ruling ?? '', body.ruling)
      return body.ruling === undefined || (row.sequence !== null && row.sequence > sequence)
    },
  }),
  check<{ sequence: number; status: string; action: string; tags: string; settled_at: Date }>({
    kinds: ['lease.redeemed'],
    find: (entries) => sql`
      SELECT k.n, l.sequence, l.status, l.action, l.tags, l.settled_at
      FROM ${sought(entries, { id: ({ body }) => body.lease })} JOIN leases l ON l.id = k.id::uuid`,
    name: ({ body }) => `the lease \`${body.lease}\``,
    // What joins another account with its own goes on there, in an entry of its own.
    isSame: ({ body }, row) =>
      row.status === 'redeemed' &&
      row.action === body.action &&
      isJson(row.tags, body.tags) &&
      row.settled_at.getTime() === time(body.at),
  }),
  check<{ action: string; agent: string; followed: boolean }>({
    kinds: ['action.reported'],
    find: (entries) => sql`
      SELECT k.n, a.action, a.agent, a.followed
      FROM ${sought(entries, { id: ({ body }) => body.id })} JOIN agent_actions a ON a.id = k.id::uuid`,
    name: ({ body }) => `what \`${body.agent}\` says it did`,
    isSame: ({ body }, row) => row.action === body.action && row.agent === body.agent && row.followed === body.followed,
  }),
  check<{ sequence: number; state: string }>({
    kinds: ['outcome'],
    find: (entries) => sql`
      SELECT k.n, o.sequence, o.state
      FROM ${sought(entries, {
        account: ({ owner }) => owner,
        decision: ({ body }) => body.decision,
        at: ({ body }) => (Number.isNaN(time(body.observedAt)) ? null : body.observedAt),
        source: ({ body }) => body.source,
      })}
      JOIN outcomes o ON o.account_id = k.account AND o.decision = k.decision
        AND o.observed_at = k.at::timestamptz AND o.source = k.source`,
    name: ({ body }) => `the outcome that \`${body.source}\` stated of \`${body.decision}\``,
    isSame: ({ sequence, body }, row) => row.sequence === sequence && row.state === body.state,
  }),
  check<{ account_id: string }>({
    kinds: ['alias', 'joined'],
    find: (entries) => sql`
      SELECT k.n, a.account_id FROM ${sought(entries, { alias: aliasOf })} JOIN aliases a ON a.alias = k.alias`,
    name: (entry) => `the alias \`${aliasOf(entry)}\``,
    isSame: ({ owner, body }, row) => row.account_id === (body.account ?? owner),
  }),
  check<{ sequence: number; overrides: unknown }>({
    kinds: ['agent.registered', 'agent.changed'],
    find: (entries) => sql`
      SELECT k.n, a.sequence, a.overrides FROM ${sought(entries, { agent: ({ owner }) => owner })}
      JOIN agents a ON a.name = k.agent`,
    name: ({ owner }) => `the standing of agent \`${owner}\``,
    // The row is as the newest entry has it; that there is none beyond the chain is checked from the row's side.
    isSame: ({ sequence, body }, row) =>
      row.sequence > sequence || (row.sequence === sequence && isJson(JSON.stringify(row.overrides), body.overrides)),
  }),
  check<{ is_whole: boolean }>({
    kinds: ['ruleset.activated', 'shadow.started'],
    find: (entries) => sql`
      SELECT k.n, 'sha256:' || encode(sha256(convert_to(r.content, 'UTF8')), 'hex') = r.hash AS is_whole
      FROM ${sought(entries, { hash: ({ body }) => body.ruleset })} JOIN rulesets r ON r.hash = k.hash`,
    name: ({ body }) => `the ruleset \`${body.ruleset}\``,
    isSame: (_entry, row) => row.is_whole,
  }),
]

function aliasOf({ owner, body }: Recorded): unknown {
  return body.alias ?? owner
}

/**
 * The first of some entries, in their order, whose row is not there or says something else. Those whose payload has
 * been erased say nothing of their rows.
 */
export async function firstUnlike(db: Kysely<Database>, entries: readonly StoredEntry[]): Promise<Break | null> {
  const found: (readonly [place: number, reason: string])[] = []
  for (const { kinds, find, name, isSame } of CHECKS) {
    const places = entries.flatMap(({ kind, payload }, i) => (payload !== null && kinds.includes(kind) ? [i] : []))
    if (places.length === 0) continue
    const recorded = places.map((i) => recordedBy(entries[i]!))
    const rows = new Map((await find(recorded).execute(db)).rows.map((row) => [row.n, row]))
    const n = recorded.findIndex((entry, n) => !rows.has(n) || !isSame(entry, rows.get(n)))
    const entry = recorded[n]
    if (!entry) continue
    const reason = rows.has(n)
      ? `${name(entry)} is not the one that was recorded`
      : `the row of entry ${entry.sequence} is missing`
    found.push([places[n]!, reason])
  }
  const [first] = found.sort(([a], [b]) => a - b)
  if (!first) return null
  const { stream, sequence } = entries[first[0]]!
  return { stream, sequence, reason: first[1] }
}

import { type Kysely, type RawBuilder, sql } from 'kysely'
import { type Break, parsed, type StoredEntry } from './audit.ts'
import { canonicalJson } from './chain.ts'
import type { Database } from './database.ts'
import { selectKeys } from './keys.ts'

/**
 * The rows that answers are made from, held against the chain that recorded them. The chain is taken as sound: that is
 * checked first. All of it reads one snapshot, else what is written meanwhile would look like tampering.
 */

type Body = Record<string, unknown>

/** An entry whose payload is there. */
interface Recorded {
  readonly stream: string
  readonly sequence: number
  readonly at: Date
  /** The account or agent whose stream it is. */
  readonly owner: string
  readonly body: Body
}

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
    kinds: ['escalation.resolved', 'ruling.joined'],
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
      `what was decided ${body.from === undefined ? `in the escalation \`${body.escalation}\`` : `about \`${body.from}\``}`,
    // The newest stands for the question; who decided nothing leaves what stood.
    isSame({ sequence, body }, row) {
      if (row.is_astray) return false
      if (row.sequence === sequence) return body.ruling !== undefined && isJson(row.ruling ?? '', body.ruling)
      return body.ruling === undefined || (row.sequence !== null && row.sequence > sequence)
    },
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
    kinds: ['ruleset.activated'],
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

function recordedBy({ stream, sequence, at, payload }: StoredEntry): Recorded {
  const body = (parsed(payload ?? '')?.body ?? {}) as Body
  return { stream, sequence, at, owner: stream.slice(stream.indexOf(':') + 1), body }
}

/** Tables whose rows name the entry that made them: `owner` and `sequence` are its place. */
const RECORDED = [
  { table: 'signals', prefix: 'account:', owner: 'account_id', kinds: ['signal', 'signal.joined'] },
  { table: 'facts', prefix: 'account:', owner: 'account_id', kinds: ['facts'] },
  { table: 'adjudications', prefix: 'account:', owner: 'account_id', kinds: ['adjudication'] },
  { table: 'outcomes', prefix: 'account:', owner: 'account_id', kinds: ['outcome'] },
  { table: 'rulings', prefix: 'account:', owner: 'account_id', kinds: ['escalation.resolved', 'ruling.joined'] },
  { table: 'agents', prefix: 'agent:', owner: 'name', kinds: ['agent.registered', 'agent.changed'] },
] as const

/** A row of one stream, or of any, that no entry recorded: forged, or left when the chain was cut off. */
export async function firstUnrecorded(db: Kysely<Database>, stream: string | undefined): Promise<Break | null> {
  const found: Break[] = []
  for (const one of RECORDED) found.push(...(await strays(one, stream).execute(db)).rows)
  for (const query of OTHERS) found.push(...(await query(stream).execute(db)).rows)
  const [first] = found.sort((a, b) => (a.stream === b.stream ? a.sequence - b.sequence : a.stream < b.stream ? -1 : 1))
  return first ?? null
}

/** Rows whose entry is not there or of another kind, and those that share one. */
function strays({ table, prefix, owner, kinds }: (typeof RECORDED)[number], stream: string | undefined) {
  const name = sql.ref(`r.${owner}`)
  return sql<Break>`
    SELECT ${prefix} || name AS stream, sequence,
      CASE WHEN kind IS NULL THEN 'entry ' || sequence || ' is missing'
        ELSE 'a row of ${sql.raw(table)} names this entry, which did not make it' END AS reason
    FROM (
      SELECT ${name} AS name, r.sequence, min(e.kind) AS kind
      FROM ${sql.table(table)} r
      LEFT JOIN audit_entries e ON e.stream = ${prefix} || ${name} AND e.sequence = r.sequence
      WHERE ${of(stream, prefix, name)}
      GROUP BY 1, 2 HAVING min(e.kind) IS NULL OR NOT min(e.kind) = ANY(${kinds}::text[]) OR count(*) > 1
    ) stray
    ORDER BY 1, 2 LIMIT 1`
}

/** Of one stream's owner where there is one. */
function of(stream: string | undefined, prefix: string, name: RawBuilder<unknown>) {
  if (stream === undefined) return sql`true`
  return stream.startsWith(prefix) ? sql`${name} = ${stream.slice(prefix.length)}` : sql`false`
}

const ACCOUNT = 'account:'

const OTHERS: readonly ((stream: string | undefined) => RawBuilder<Break>)[] = [
  // An account that joins another says so in its last entry.
  (stream) => sql`
    SELECT 'account:' || a.alias AS stream, coalesce(head.sequence, 0) + 1 AS sequence,
      'no entry makes \`' || a.alias || '\` an alias of \`' || a.account_id || '\`' AS reason
    FROM aliases a
    LEFT JOIN LATERAL (
      SELECT sequence, kind FROM audit_entries WHERE stream = 'account:' || a.alias ORDER BY sequence DESC LIMIT 1
    ) head ON true
    WHERE head.kind IS DISTINCT FROM 'joined' AND ${of(stream, ACCOUNT, sql.ref('a.alias'))}
    ORDER BY 1 LIMIT 1`,
  (stream) => sql`
    SELECT coalesce('rule:' || x.rule, 'account:' || x.account_id) AS stream, coalesce(a.sequence, 0) AS sequence,
      'no entry opens the escalation \`' || x.id || '\`' AS reason
    FROM escalations x
    LEFT JOIN adjudications a ON a.id = x.opened_by
    LEFT JOIN audit_entries e ON e.stream = 'account:' || a.account_id AND e.sequence = a.sequence
    LEFT JOIN aliases joined ON joined.alias = a.account_id
    WHERE (x.account_id IS DISTINCT FROM a.account_id AND x.account_id IS DISTINCT FROM joined.account_id
        OR e.at IS DISTINCT FROM x.created_at)
      AND ${of(stream, ACCOUNT, sql.ref('x.account_id'))}
    ORDER BY 1, 2 LIMIT 1`,
  (stream) => sql`
    SELECT s.stream, s.sequence, 'a step of the escalation \`' || s.escalation_id || '\` names this entry, which is none' AS reason
    FROM escalation_steps s LEFT JOIN audit_entries e ON e.stream = s.stream AND e.sequence = s.sequence
    WHERE (e.kind IS NULL OR e.kind NOT IN ('adjudication', 'alias') AND NOT starts_with(e.kind, 'escalation.'))
      AND ${stream === undefined ? sql`true` : sql`s.stream = ${stream}`}
    ORDER BY 1, 2 LIMIT 1`,
  // How an item ended is in an entry: one that is closed has it, one that waits has none. An erased one may have withdrawn it.
  (stream) => sql`
    SELECT coalesce(ended.stream, 'rule:' || x.rule, 'account:' || x.account_id) AS stream,
      coalesce(ended.sequence, 0) AS sequence,
      CASE WHEN ended.status IS DISTINCT FROM x.ended THEN 'the escalation \`' || x.id || '\` is ' || x.status || ', which no entry makes it'
        ELSE 'no entry records the resolution of the escalation \`' || x.id || '\`' END AS reason
    FROM (SELECT *, CASE WHEN status NOT IN ('open', 'claimed') THEN status END AS ended FROM escalations) x
    LEFT JOIN LATERAL (
      SELECT s.stream, s.sequence,
        CASE e.kind WHEN 'escalation.resolved' THEN 'resolved' WHEN 'escalation.expired' THEN 'expired'
          ELSE 'withdrawn' END AS status
      FROM escalation_steps s
      JOIN audit_entries e USING (stream, sequence)
      LEFT JOIN audit_payloads p USING (stream, sequence)
      WHERE s.escalation_id = x.id AND (
        e.kind IN ('escalation.resolved', 'escalation.expired')
        OR e.kind IN ('adjudication', 'alias')
          AND coalesce(p.payload LIKE '%"withdrew":%"' || x.id || '"%', x.status = 'withdrawn'))
      LIMIT 1
    ) ended ON true
    WHERE (ended.status IS DISTINCT FROM x.ended
        OR x.ended IS NULL AND x.resolution IS NOT NULL
        OR x.ended = 'withdrawn' AND (x.resolution->>'resolution', x.resolution->>'action') IS DISTINCT FROM ('withdrawn', NULL))
      AND ${of(stream, ACCOUNT, sql.ref('x.account_id'))}
    ORDER BY 1, 2 LIMIT 1`,
  (stream) => sql`
    SELECT 'account:' || a.account_id AS stream, 0 AS sequence,
      'what \`' || a.agent || '\` said is held against the escalation \`' || a.escalation_id || '\`, which no person resolved' AS reason
    FROM agreements a
    WHERE NOT EXISTS (
        SELECT FROM escalation_steps s
        JOIN audit_entries e ON e.stream = s.stream AND e.sequence = s.sequence AND e.kind = 'escalation.resolved'
        WHERE s.escalation_id = a.escalation_id
      ) AND ${of(stream, ACCOUNT, sql.ref('a.account_id'))}
    ORDER BY 1, 2 LIMIT 1`,
  // The rule by which a signal is superseded for good is that of `AccountPage.addSignal`: by a newer one that outlives it.
  (stream) => sql`
    SELECT 'account:' || account_id AS stream, sequence,
      'the signal \`' || id || '\` of \`' || agent || '\` is marked superseded, but none that is newer supersedes it' AS reason
    FROM (
      SELECT *, coalesce(expires_at, 'infinity') AS expires, max(coalesce(expires_at, 'infinity')) OVER (
        PARTITION BY account_id, agent, claim ORDER BY observed_at DESC, sequence DESC
        ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
      ) AS newer_expires
      FROM signals WHERE ${of(stream, ACCOUNT, sql.ref('account_id'))}
    ) s
    WHERE superseded AND (newer_expires IS NULL OR newer_expires < expires)
    ORDER BY 1, 2 LIMIT 1`,
]

/** What the stream `keys` says of each key, entry by entry. */
export class KeyRing {
  readonly #keys = new Map<string, { made: Body; sequence: number; revokedAt: number | null }>()
  #last = 0
  /** An erased entry may have made or revoked any key. */
  #isWhole = true

  add(entry: StoredEntry): void {
    this.#last = entry.sequence
    if (entry.payload === null) {
      this.#isWhole = false
      return
    }
    const { body, sequence, at } = recordedBy(entry)
    const name = String(body.name)
    const known = this.#keys.get(name)
    const made = entry.kind === 'key.created' ? body : (known?.made ?? {})
    this.#keys.set(name, { made, sequence, revokedAt: entry.kind === 'key.revoked' ? at.getTime() : null })
  }

  /** The first key that is not as the entries have it. Tokens are in none. */
  async firstUnlike(db: Kysely<Database>): Promise<Break | null> {
    const stream = 'keys'
    const rows = new Map((await selectKeys(db)).map((row) => [row.name, row]))
    for (const [name, { made, sequence, revokedAt }] of this.#keys) {
      const row = rows.get(name)
      if (!row) return { stream, sequence, reason: `the row of entry ${sequence} is missing` }
      const { principal, scopes, agents } = row
      const isSame =
        made.name === undefined || canonicalJson({ name, principal, scopes, agents }) === canonicalJson(made)
      if (isSame && (!this.#isWhole || row.revokedAt === revokedAt)) continue
      return { stream, sequence, reason: `the key \`${name}\` is not the one that was recorded` }
    }
    const stray = this.#isWhole ? [...rows.keys()].find((name) => !this.#keys.has(name)) : undefined
    return stray === undefined
      ? null
      : { stream, sequence: this.#last + 1, reason: `no entry makes the key \`${stray}\`` }
  }
}

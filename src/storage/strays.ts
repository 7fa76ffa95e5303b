import { type Kysely, type RawBuilder, sql } from 'kysely'
import type { Break } from './audit.ts'
import type { Database } from './database.ts'
import { ACCOUNT } from './recorded.ts'

/** Tables whose rows name the entry that made them: `owner` and `sequence` are its place. */
const RECORDED = [
  { table: 'signals', prefix: ACCOUNT, owner: 'account_id', kinds: ['signal', 'signal.joined'] },
  { table: 'facts', prefix: ACCOUNT, owner: 'account_id', kinds: ['facts'] },
  { table: 'adjudications', prefix: ACCOUNT, owner: 'account_id', kinds: ['adjudication'] },
  { table: 'outcomes', prefix: ACCOUNT, owner: 'account_id', kinds: ['outcome'] },
  { table: 'agent_actions', prefix: ACCOUNT, owner: 'account_id', kinds: ['action.reported'] },
  {
    table: 'rulings',
    prefix: ACCOUNT,
    owner: 'account_id',
    kinds: ['escalation.resolved', 'ruling.joined', 'lease.redeemed'],
  },
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
  // What cooldowns count. A lease that went over to another account is in an entry of that one.
  (stream) => sql`
    SELECT 'account:' || l.account_id AS stream, coalesce(l.sequence, 0) AS sequence,
      'the lease \`' || l.id || '\` is redeemed, which no entry makes it' AS reason
    FROM leases l
    LEFT JOIN audit_entries e ON e.stream = 'account:' || l.account_id AND e.sequence = l.sequence
    WHERE l.status = 'redeemed' AND coalesce(e.kind NOT IN ('lease.redeemed', 'lease.joined'), true)
      AND ${of(stream, ACCOUNT, sql.ref('l.account_id'))}
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

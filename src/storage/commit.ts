import type { Pool } from 'pg'
import type { Link } from './chain.ts'

/**
 * What one batch of requests writes, in one statement and so in one transaction: all of it or nothing.
 *
 * Rows are gathered by column. Each column travels as one text parameter whose values are separated by a control
 * character: neither canonical JSON nor any name that passed validation holds one, and nothing needs escaping,
 * which for payloads of a kilobyte costs more than the insert.
 */
const TABLES = {
  audit_entries: { stream: 'text', sequence: 'bigint', kind: 'text', at: 'timestamptz', digest: 'hex', hash: 'hex' },
  audit_payloads: { stream: 'text', sequence: 'bigint', salt: 'text', payload: 'text' },
  aliases: { alias: 'text', account_id: 'text' },
  facts: { account_id: 'text', sequence: 'bigint', facts: 'text' },
  signals: {
    account_id: 'text',
    sequence: 'bigint',
    agent: 'text',
    id: 'text',
    claim: 'text',
    confidence: 'double precision',
    score: 'double precision',
    observed_at: 'timestamptz',
    expires_at: 'timestamptz',
    superseded: 'boolean',
  },
  adjudications: { account_id: 'text', decision: 'text', sequence: 'bigint', id: 'uuid', disposition: 'text' },
  escalations: {
    id: 'uuid',
    account_id: 'text',
    decision: 'text',
    rule: 'text',
    kind: 'text',
    queue: 'text',
    status: 'text',
    priority: 'integer',
    regret: 'double precision',
    due_at: 'timestamptz',
    created_at: 'timestamptz',
    opened_by: 'uuid',
    adjudication_id: 'uuid',
    asked: 'text',
    assignee: 'text',
    claimed_by: 'text',
    claimed_until: 'timestamptz',
    first_claimed_at: 'timestamptz',
    closed_at: 'timestamptz',
    remind_at: 'timestamptz',
    overdue_at: 'timestamptz',
    probability: 'double precision',
    changes: 'integer',
    resolution: 'jsonb',
    tick_at: 'timestamptz',
  },
  escalation_steps: { escalation_id: 'uuid', account_id: 'text', stream: 'text', sequence: 'bigint' },
  rulings: { account_id: 'text', decision: 'text', sequence: 'bigint', ruling: 'text' },
  agreements: {
    account_id: 'text',
    escalation_id: 'uuid',
    agent: 'text',
    signal_id: 'text',
    claim: 'text',
    decision: 'text',
    agrees: 'boolean',
    basis: 'text',
    reason: 'text',
    at: 'timestamptz',
  },
  pending_questions: { account_id: 'text', decision: 'text', sequence: 'bigint', raised_at: 'timestamptz' },
  outbox: { account_id: 'text', topic: 'text', payload: 'text', created_at: 'timestamptz' },
  leases: {
    id: 'uuid',
    token_hash: 'hex',
    account_id: 'text',
    decision: 'text',
    action: 'text',
    tags: 'text',
    agent: 'text',
    payload_hash: 'text',
    owner: 'text',
    adjudication_id: 'uuid',
    ruleset: 'text',
    state_version: 'text',
    fresh_until: 'timestamptz',
    issued_at: 'timestamptz',
    expires_at: 'timestamptz',
  },
  standing_verdicts: {
    account_id: 'text',
    decision: 'text',
    agent: 'text',
    action: 'text',
    adjudication_id: 'uuid',
    verdict: 'text',
    do_instead: 'text',
    because: 'text',
    tags: 'text',
    ruleset: 'text',
    state_version: 'text',
    valid_until: 'timestamptz',
    any_payload: 'boolean',
    payload_hash: 'text',
    sample_rate: 'double precision',
    escalation_id: 'uuid',
  },
  escalation_payloads: {
    escalation_id: 'uuid',
    account_id: 'text',
    agent: 'text',
    action: 'text',
    payload_hash: 'text',
    payload: 'text',
    adjudication_id: 'uuid',
  },
  agent_actions: {
    id: 'uuid',
    account_id: 'text',
    decision: 'text',
    action: 'text',
    agent: 'text',
    at: 'timestamptz',
    lease_id: 'uuid',
    followed: 'boolean',
    sequence: 'bigint',
  },
  outcomes: {
    account_id: 'text',
    decision: 'text',
    state: 'text',
    observed_at: 'timestamptz',
    source: 'text',
    sequence: 'bigint',
  },
  agents: { name: 'text', sequence: 'bigint', overrides: 'jsonb', registered_at: 'timestamptz' },
  shadow_answers: {
    shadow: 'bigint',
    adjudication_id: 'uuid',
    account_id: 'text',
    decision: 'text',
    result: 'text',
    action: 'text',
    disposition: 'text',
    verdict: 'text',
    regret: 'double precision',
    confidence: 'double precision',
    errored: 'boolean',
    active_action: 'text',
    active_disposition: 'text',
    active_verdict: 'text',
    escalation_id: 'uuid',
  },
  events: {
    account_id: 'text',
    type: 'text',
    at: 'timestamptz',
    sequence: 'bigint',
    adjudication_id: 'uuid',
    escalation_id: 'uuid',
    agent: 'text',
    body: 'text',
  },
} as const

/** Tables whose rows are written whole, new or not, and what each is known by. */
const KEYS = {
  escalations: ['id'],
  rulings: ['account_id', 'decision'],
  pending_questions: ['account_id', 'decision'],
  standing_verdicts: ['account_id', 'decision', 'agent', 'action'],
  escalation_payloads: ['escalation_id'],
} as const

/** Rows that exist and change: found by `keys`, given `values`. */
const UPDATES = {
  leases: {
    keys: { id: 'uuid' },
    values: { account_id: 'text', status: 'text', settled_at: 'timestamptz', sequence: 'bigint', reason: 'text' },
  },
  signals: { keys: { account_id: 'text', agent: 'text', id: 'text' }, values: { superseded: 'boolean' } },
  idempotency_keys: {
    keys: { owner: 'text', key: 'text' },
    values: { status: 'integer', headers: 'jsonb', body: 'text' },
  },
} as const

type Tables = typeof TABLES
type Keyed = keyof typeof KEYS
type Updates = typeof UPDATES
type Value = string | number | boolean | null
export type Row<T extends keyof Tables> = { readonly [C in keyof Tables[T]]: Value }
export type Change<T extends keyof Updates> = {
  readonly [C in keyof Updates[T]['keys'] | keyof Updates[T]['values']]: Value
}

/** Rows on their way to the database. */
export class Writes {
  readonly inserts = new Map<keyof Tables, Value[][]>()
  readonly updates = new Map<keyof Updates, Value[][]>()
  /** By what the row is known by. */
  readonly #puts = new Map<Keyed, Map<string, Row<Keyed>>>()
  #size = 0

  /** How many rows there are so far. */
  get size(): number {
    return this.#size
  }

  insert<T extends Exclude<keyof Tables, Keyed>>(table: T, row: Row<T>): void {
    this.#size++
    gather(this.inserts, table, Object.keys(TABLES[table]), row)
  }

  update<T extends keyof Updates>(table: T, row: Change<T>): void {
    const { keys, values } = UPDATES[table]
    this.#size++
    gather(this.updates, table, [...Object.keys(keys), ...Object.keys(values)], row)
  }

  /** A row as it shall be, whether it is there or not; of several of one key the last counts. */
  put<T extends Keyed>(table: T, row: Row<T>): void {
    this.#size++
    const rows = this.#puts.get(table) ?? new Map<string, Row<Keyed>>()
    this.#puts.set(table, rows)
    const columns: readonly string[] = KEYS[table]
    rows.set(columns.map((column) => (row as Readonly<Record<string, Value>>)[column]).join('\n'), row as Row<Keyed>)
  }

  /** All that is inserted, by table and column. */
  inserted(): ReadonlyMap<keyof Tables, Value[][]> {
    const all = new Map(this.inserts)
    for (const [table, rows] of this.#puts) {
      for (const row of rows.values()) gather(all, table, Object.keys(TABLES[table]), row)
    }
    return all
  }

  /** An audit entry and its payload. */
  append(entry: Link): void {
    const { stream, sequence } = entry
    this.insert('audit_entries', {
      stream,
      sequence,
      kind: entry.kind,
      at: entry.at,
      digest: entry.digest,
      hash: entry.hash,
    })
    this.insert('audit_payloads', { stream, sequence, salt: entry.salt, payload: entry.payload })
  }
}

function gather<K>(
  tables: Map<K, Value[][]>,
  table: K,
  columns: readonly string[],
  row: Readonly<Record<string, Value>>,
) {
  let gathered = tables.get(table)
  if (!gathered) {
    gathered = columns.map(() => [])
    tables.set(table, gathered)
  }
  for (let i = 0; i < columns.length; i++) gathered[i]!.push(row[columns[i]!] as Value)
}

/**
 * Writes it all, durably, in one round trip.
 * @throws Conflict where another has moved one of the streams on: load again, decide again
 */
export async function commit(pool: Pool, writes: Writes): Promise<void> {
  if (writes.size === 0) return
  // Always in the order of the tables above, so that a set of tables has one statement, whatever was written first.
  const inserted = writes.inserted()
  const inserts = INSERTED.filter((table) => inserted.has(table))
  const updates = UPDATED.filter((table) => writes.updates.has(table))
  const { name, text } = prepared(inserts, updates)
  const rows = [...inserts.map((table) => inserted.get(table)!), ...updates.map((t) => writes.updates.get(t)!)]
  const values = rows.flatMap((columns) => columns.map(pack))
  try {
    await pool.query({ name, text, values })
  } catch (error) {
    throw isConflict(error) ? new Conflict(error) : error
  }
}

const INSERTED = Object.keys(TABLES) as (keyof Tables)[]
const UPDATED = Object.keys(UPDATES) as (keyof Updates)[]

/** Another wrote to the same stream at the same moment. */
export class Conflict extends Error {
  override readonly name = 'Conflict'
  constructor(cause: unknown) {
    super('another has written to the same stream meanwhile', { cause })
  }
}

/**
 * Whether a transaction failed because another was quicker (unique violation), or because two that write to the same
 * streams waited for one another (deadlock detected).
 */
export function isConflict(error: unknown): boolean {
  const { code } = error as { code?: unknown }
  return code === '23505' || code === '40P01'
}

const SEPARATOR = '\x1f'
const NULL = '\x1e'

function pack(column: readonly Value[]): string {
  let text = ''
  for (let i = 0; i < column.length; i++) {
    const value = column[i]
    text += (i === 0 ? '' : SEPARATOR) + (value === null ? NULL : value)
  }
  return text
}

/** By the tables that it writes: few sets of them ever occur, and each is planned once a connection. */
function prepared(inserts: readonly (keyof Tables)[], updates: readonly (keyof Updates)[]): Statement {
  const tables = `${inserts.join()} ${updates.join()}`
  const known = statements.get(tables)
  if (known) return known
  const fresh = { name: `commit_${statements.size}`, text: statement(inserts, updates) }
  statements.set(tables, fresh)
  return fresh
}
interface Statement {
  readonly name: string
  readonly text: string
}
const statements = new Map<string, Statement>()

function statement(inserts: readonly (keyof Tables)[], updates: readonly (keyof Updates)[]): string {
  let parameter = 0
  const rows = (columns: Readonly<Record<string, string>>) => {
    const names = Object.keys(columns)
    const arrays = Object.values(columns).map(
      (type) => `string_to_array($${++parameter}, '${SEPARATOR}', '${NULL}')${type === 'hex' ? '' : `::${type}[]`}`,
    )
    return `unnest(${arrays.join(', ')}) AS row(${names.join(', ')})`
  }
  const parts = [
    ...inserts.map((table) => {
      const columns: Readonly<Record<string, string>> = TABLES[table]
      const names = Object.keys(columns)
      const selected = names.map((column) => (columns[column] === 'hex' ? `decode(${column}, 'hex')` : column))
      const insert = `INSERT INTO ${table} (${names.join(', ')}) SELECT ${selected.join(', ')} FROM ${rows(columns)}`
      return table in KEYS ? `${insert} ${replacing(names, KEYS[table as Keyed])}` : insert
    }),
    ...updates.map((table) => {
      const { keys, values } = UPDATES[table]
      const set = Object.keys(values).map((column) => `${column} = row.${column}`)
      const found = Object.keys(keys).map((column) => `${table}.${column} = row.${column}`)
      return `UPDATE ${table} SET ${set.join(', ')} FROM ${rows({ ...keys, ...values })} WHERE ${found.join(' AND ')}`
    }),
  ]
  // PostgreSQL runs the main part first and then the others from the last to the first. So the entries come first:
  // who writes to the same stream a moment later waits there, and holds nothing that anybody waits for.
  const [main, ...others] = parts
  const rest = others.reverse().map((part, i) => `w${i} AS (${part})`)
  return rest.length === 0 ? `${main}` : `WITH ${rest.join(',\n')}\n${main}`
}

function replacing(columns: readonly string[], keys: readonly string[]): string {
  const set = columns.filter((column) => !keys.includes(column)).map((column) => `${column} = excluded.${column}`)
  return `ON CONFLICT (${keys.join(', ')}) DO UPDATE SET ${set.join(', ')}`
}

import type { ColumnType, Generated } from 'kysely'

/** The tables, as the newest migration leaves them. Comments on what they mean are with the migrations. */
export interface Database {
  audit_entries: AuditEntriesTable
  audit_payloads: AuditPayloadsTable
  aliases: AliasesTable
  facts: FactsTable
  signals: SignalsTable
  adjudications: AdjudicationsTable
  escalations: EscalationsTable
  outbox: OutboxTable
  outcomes: OutcomesTable
  agents: AgentsTable
  rulesets: RulesetsTable
  api_keys: ApiKeysTable
  idempotency_keys: IdempotencyKeysTable
}

/** A JSON document: an object when read, its text when written. */
type Json<T> = ColumnType<T, string, string>

interface AuditEntriesTable {
  stream: string
  sequence: number
  kind: string
  at: Date
  digest: Buffer
  hash: Buffer
}

interface AuditPayloadsTable {
  stream: string
  sequence: number
  salt: string
  payload: string
}

interface AliasesTable {
  alias: string
  account_id: string
}

interface FactsTable {
  account_id: string
  sequence: number
  facts: string
}

interface SignalsTable {
  account_id: string
  sequence: number
  agent: string
  id: string
  claim: string
  confidence: number | null
  score: number | null
  observed_at: Date
  expires_at: Date | null
  superseded: Generated<boolean>
}

interface AdjudicationsTable {
  account_id: string
  decision: string
  sequence: number
  id: string
  disposition: string
}

interface EscalationsTable {
  id: string
  account_id: string
  decision: string
  adjudication_id: string
  kind: 'decision' | 'sample'
  queue: string
  status: Generated<EscalationStatus>
  priority: number
  regret: number
  due_at: Date
  claimed_by: string | null
  claimed_until: Date | null
  resolution: Json<unknown> | null
  created_at: Date
}

export const ESCALATION_STATUSES = ['open', 'claimed', 'resolved', 'withdrawn', 'expired'] as const
export type EscalationStatus = (typeof ESCALATION_STATUSES)[number]

interface OutboxTable {
  id: Generated<number>
  account_id: string
  topic: string
  payload: string
  created_at: Date
}

interface OutcomesTable {
  account_id: string
  decision: string
  state: string
  observed_at: Date
  source: string
  sequence: number
}

interface AgentsTable {
  name: string
  sequence: number
  overrides: Json<Record<string, unknown>>
  registered_at: Date
}

interface RulesetsTable {
  hash: string
  content: string
  stored_at: Date
}

interface ApiKeysTable {
  name: string
  hash: Buffer
  principal: 'person' | 'service' | 'agent'
  scopes: string[]
  agents: string[] | null
  created_at: Date
  revoked_at: Date | null
}

interface IdempotencyKeysTable {
  owner: string
  key: string
  request: Buffer
  /** Null while the first request is running. */
  status: number | null
  headers: Json<Record<string, string>> | null
  body: string | null
  locked_until: Date
  created_at: Date
}

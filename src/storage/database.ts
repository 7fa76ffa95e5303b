import type { ColumnType, Generated } from 'kysely'
import type { EscalationStatus, Resolution } from '../core/escalation/escalation.ts'
import type { LeaseStatus } from '../core/lease.ts'
import type { Disposition, Verdict } from '../core/model.ts'

/** The tables, as the newest migration leaves them. Comments on what they mean are with the migrations. */
export interface Database {
  audit_entries: AuditEntriesTable
  audit_payloads: AuditPayloadsTable
  aliases: AliasesTable
  facts: FactsTable
  signals: SignalsTable
  adjudications: AdjudicationsTable
  escalations: EscalationsTable
  escalation_steps: EscalationStepsTable
  rulings: RulingsTable
  agreements: AgreementsTable
  pending_questions: PendingQuestionsTable
  outbox: OutboxTable
  deliveries: DeliveriesTable
  backtests: BacktestsTable
  outcomes: OutcomesTable
  agents: AgentsTable
  rulesets: RulesetsTable
  api_keys: ApiKeysTable
  idempotency_keys: IdempotencyKeysTable
  shadow_answers: ShadowAnswersTable
  leases: LeasesTable
  standing_verdicts: StandingVerdictsTable
  escalation_payloads: EscalationPayloadsTable
  agent_actions: AgentActionsTable
  events: EventsTable
  event_cursors: EventCursorsTable
  subscriptions: SubscriptionsTable
  webhook_rejections: WebhookRejectionsTable
  webhook_requests: WebhookRequestsTable
  webhook_facts: WebhookFactsTable
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
  rule: string | null
  kind: 'decision' | 'sample'
  queue: string
  status: EscalationStatus
  priority: number
  regret: number
  due_at: Date
  created_at: Date
  opened_by: string
  adjudication_id: string
  /** JSON of `Asked`. */
  asked: string
  assignee: string | null
  claimed_by: string | null
  claimed_until: Date | null
  first_claimed_at: Date | null
  closed_at: Date | null
  remind_at: Date | null
  overdue_at: Date | null
  probability: number | null
  changes: number
  resolution: Json<Resolution> | null
  tick_at: Date | null
}

interface EscalationStepsTable {
  escalation_id: string
  account_id: string
  stream: string
  sequence: number
}

interface RulingsTable {
  account_id: string
  decision: string
  sequence: number
  ruling: string
}

interface AgreementsTable {
  account_id: string
  escalation_id: string
  agent: string
  signal_id: string
  claim: string
  decision: string
  agrees: boolean
  /** See `core/agreement.ts`. */
  basis: string
  reason: string | null
  at: Date
}

interface PendingQuestionsTable {
  account_id: string
  decision: string
  sequence: number
  raised_at: Date
}

interface OutboxTable {
  id: Generated<number>
  account_id: string
  topic: string
  payload: string
  created_at: Date
  /** Null: not yet. */
  published_at: Date | null
}

interface DeliveriesTable {
  id: string
  account_id: string
  escalation_id: string | null
  /** Null: it is for a target of `queues.yaml`. */
  subscription_id: string | null
  target: string
  event: string
  body: string
  status: Generated<DeliveryStatus>
  attempts: Generated<number>
  /** Null: it is settled. */
  next_at: Date | null
  give_up_at: Date
  last_error: string | null
  created_at: Date
  settled_at: Date | null
}

export const DELIVERY_STATUSES = ['pending', 'delivered', 'dead'] as const
export type DeliveryStatus = (typeof DELIVERY_STATUSES)[number]

interface BacktestsTable {
  id: string
  status: Generated<BacktestStatus>
  requested_by: string
  candidate: string
  candidate_name: string
  baseline: string
  baseline_name: string
  since: string
  decision: string | null
  minutes_per_review: number
  runs: Generated<number>
  broken_off: Generated<number>
  leased_until: Date | null
  done: Generated<number>
  total: number | null
  error: string | null
  /** JSON of a `BacktestReport`. */
  report: string | null
  created_at: Date
  started_at: Date | null
  finished_at: Date | null
}

export const BACKTEST_STATUSES = ['queued', 'running', 'done', 'failed', 'cancelled'] as const
export type BacktestStatus = (typeof BACKTEST_STATUSES)[number]

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

interface LeasesTable {
  id: string
  token_hash: Buffer
  account_id: string
  decision: string
  action: string
  /** JSON, a list of names. */
  tags: string
  agent: string
  payload_hash: string | null
  owner: string
  adjudication_id: string
  ruleset: string
  /** See `versionOf` in `core/lease.ts`. */
  state_version: string
  fresh_until: Date
  issued_at: Date
  expires_at: Date
  status: Generated<LeaseStatus>
  settled_at: Date | null
  /** Of the entry in the account's stream that settled it. */
  sequence: number | null
  reason: string | null
}

interface StandingVerdictsTable {
  account_id: string
  decision: string
  agent: string
  action: string
  adjudication_id: string
  verdict: Verdict
  do_instead: string | null
  because: string
  /** JSON, those of the action. */
  tags: string
  ruleset: string
  state_version: string
  valid_until: Date
  /** Whether it is the same whatever the agent is going to send. */
  any_payload: boolean
  payload_hash: string | null
  sample_rate: number
  escalation_id: string | null
}

interface EscalationPayloadsTable {
  escalation_id: string
  account_id: string
  agent: string
  action: string
  payload_hash: string | null
  payload: string | null
  adjudication_id: string
}

interface AgentActionsTable {
  id: string
  account_id: string
  decision: string
  action: string
  agent: string
  at: Date
  lease_id: string | null
  /** Whether it had redeemed that lease. */
  followed: boolean
  sequence: number
}

interface ShadowAnswersTable {
  shadow: number
  adjudication_id: string
  account_id: string
  decision: string
  result: ShadowResult
  action: string | null
  disposition: Disposition | null
  verdict: Verdict | null
  regret: number | null
  confidence: number | null
  errored: boolean
  active_action: string | null
  active_disposition: Disposition
  active_verdict: Verdict | null
  escalation_id: string | null
}

/**
 * `ruled`: a person's earlier answer stood, so that no rules decided. `not_compared`: the shadow set has no such decision.
 * `failed`: it could not answer, for a fault of ours.
 */
export const SHADOW_RESULTS = ['same', 'flipped', 'ruled', 'not_compared', 'failed'] as const
export type ShadowResult = (typeof SHADOW_RESULTS)[number]

interface EventsTable {
  xid: Generated<string>
  id: Generated<number>
  account_id: string
  type: string
  at: Date
  sequence: number
  adjudication_id: string
  escalation_id: string | null
  agent: string | null
  body: string
}

interface EventCursorsTable {
  name: string
  xid: string
  id: number
}

interface SubscriptionsTable {
  id: string
  url: string
  events: string[]
  decision: string | null
  disposition: string | null
  account: string | null
  agent: string | null
  secret: string
  last_secret: Generated<string | null>
  last_secret_until: Generated<Date | null>
  paused: Generated<boolean>
  since: Generated<string>
  created_by: string
  created_at: Date
}

interface WebhookRejectionsTable {
  id: string
  account_id: string
  source: string
  digest: Buffer
  whole: boolean
  event: string
  matcher: string | null
  reason: string
  times: Generated<number>
  first_at: Date
  last_at: Date
}

interface WebhookRequestsTable {
  source: string
  key: string
  forget_at: Date
}

interface WebhookFactsTable {
  account_id: string
  source: string
  fact: string
  at: Date
  /** JSON. */
  value: string
}

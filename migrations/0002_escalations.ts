import { type Kysely, sql } from 'kysely'

/**
 * Escalations that people work on: claims, clocks, resolutions, what they teach about agents, and who is told.
 *
 * An escalation is a row that changes; each step that changed it is an audit entry, which `escalation_steps` points at.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(db)
}

const STATEMENTS = [
  `ALTER TABLE escalations
     ADD COLUMN opened_by uuid,
     ADD COLUMN rule text COLLATE "C",
     ADD COLUMN asked text,
     ADD COLUMN assignee text,
     ADD COLUMN probability double precision,
     ADD COLUMN changes integer NOT NULL DEFAULT 0,
     ADD COLUMN first_claimed_at timestamptz,
     ADD COLUMN closed_at timestamptz,
     ADD COLUMN remind_at timestamptz,
     ADD COLUMN overdue_at timestamptz,
     ADD COLUMN tick_at timestamptz`,
  `UPDATE escalations SET opened_by = adjudication_id,
     tick_at = CASE WHEN kind = 'decision' AND status = 'open' THEN due_at END, asked = json_build_object(
     'action', NULL, 'reasons', '[]'::json, 'state', NULL, 'proposal', NULL, 'queue', queue)`,
  `ALTER TABLE escalations ALTER COLUMN opened_by SET NOT NULL, ALTER COLUMN asked SET NOT NULL`,

  // What is overdue is due first, so that one order serves: priority, overdue, due time, regret.
  `DROP INDEX escalations_order`,
  `CREATE INDEX escalations_order ON escalations (queue, kind, status, priority DESC, due_at, regret DESC, id)`,
  `CREATE INDEX escalations_all_queues ON escalations (kind, status, priority DESC, due_at, regret DESC, id)`,
  `CREATE INDEX escalations_standing ON escalations (account_id)
     WHERE kind = 'decision' AND rule IS NULL AND status IN ('open', 'claimed')`,
  `CREATE INDEX escalations_faults ON escalations (rule) WHERE rule IS NOT NULL AND status IN ('open', 'claimed')`,
  `CREATE INDEX escalations_clock ON escalations (tick_at) WHERE tick_at IS NOT NULL`,
  `CREATE INDEX escalations_opened ON escalations (created_at)`,
  `CREATE INDEX escalations_closed ON escalations (closed_at) WHERE closed_at IS NOT NULL`,

  `CREATE TABLE escalation_steps (
     escalation_id uuid NOT NULL,
     account_id text COLLATE "C" NOT NULL,
     stream text COLLATE "C" NOT NULL,
     sequence bigint NOT NULL,
     PRIMARY KEY (escalation_id, stream, sequence)
   )`,
  `INSERT INTO escalation_steps
     SELECT e.id, e.account_id, 'account:' || a.account_id, a.sequence
     FROM escalations e JOIN adjudications a ON a.id = e.adjudication_id`,

  // The newest answer of a person to each question; sequence is that of the entry which recorded it.
  `CREATE TABLE rulings (
     account_id text COLLATE "C" NOT NULL,
     decision text COLLATE "C" NOT NULL,
     sequence bigint NOT NULL,
     ruling text NOT NULL,
     PRIMARY KEY (account_id, decision)
   )`,

  // Whether what each agent had said agreed with what a person then found, and how that is known.
  `CREATE TABLE agreements (
     account_id text COLLATE "C" NOT NULL,
     escalation_id uuid NOT NULL,
     agent text COLLATE "C" NOT NULL,
     signal_id text COLLATE "C" NOT NULL,
     claim text NOT NULL,
     decision text COLLATE "C" NOT NULL,
     agrees boolean NOT NULL,
     basis text NOT NULL,
     reason text,
     at timestamptz NOT NULL,
     PRIMARY KEY (escalation_id, agent, signal_id)
   )`,
  `CREATE INDEX agreements_agent ON agreements (agent, at)`,

  // Questions that the world has asked and nobody has answered yet: the newest entry that calls for an answer.
  `CREATE TABLE pending_questions (
     account_id text COLLATE "C" NOT NULL,
     decision text COLLATE "C" NOT NULL,
     sequence bigint NOT NULL,
     raised_at timestamptz NOT NULL,
     PRIMARY KEY (account_id, decision)
   )`,

  // A row stays until its job has done its work; published_at says when it was last handed to the queue.
  `ALTER TABLE outbox ADD COLUMN published_at timestamptz`,
  `CREATE INDEX outbox_unpublished ON outbox (id) WHERE published_at IS NULL`,

  // One notice on its way to one target: tried until it is delivered or given up.
  `CREATE TABLE deliveries (
     id uuid PRIMARY KEY,
     account_id text COLLATE "C" NOT NULL,
     escalation_id uuid,
     target text COLLATE "C" NOT NULL,
     event text NOT NULL,
     body text NOT NULL,
     status text NOT NULL DEFAULT 'pending',
     attempts integer NOT NULL DEFAULT 0,
     next_at timestamptz,
     give_up_at timestamptz NOT NULL,
     last_error text,
     created_at timestamptz NOT NULL,
     settled_at timestamptz
   )`,
  `CREATE INDEX deliveries_pending ON deliveries (next_at) WHERE status = 'pending'`,
  `CREATE INDEX deliveries_settled ON deliveries (settled_at) WHERE settled_at IS NOT NULL`,
  `CREATE INDEX deliveries_newest ON deliveries (status, id)`,
  `CREATE INDEX deliveries_escalation ON deliveries (escalation_id)`,

  `GRANT SELECT, INSERT ON escalation_steps, agreements TO umpire_app`,
  `GRANT SELECT, INSERT, UPDATE, DELETE ON rulings, pending_questions, deliveries TO umpire_app`,
]

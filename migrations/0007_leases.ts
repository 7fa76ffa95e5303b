import { type Kysely, sql } from 'kysely'

/**
 * What agents may do for some minutes, what they were last told, what people were shown of it, and what agents say that
 * they did.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(db)
}

const STATEMENTS = [
  // The token names the row, so that no other index finds it. What it says is kept as a hash only.
  `CREATE TABLE leases (
     id uuid PRIMARY KEY,
     token_hash bytea NOT NULL,
     account_id text COLLATE "C" NOT NULL,
     decision text COLLATE "C" NOT NULL,
     action text COLLATE "C" NOT NULL,
     tags text NOT NULL,
     agent text COLLATE "C" NOT NULL,
     payload_hash text,
     owner text NOT NULL,
     adjudication_id uuid NOT NULL,
     ruleset text NOT NULL,
     state_version text NOT NULL,
     fresh_until timestamptz NOT NULL,
     issued_at timestamptz NOT NULL,
     expires_at timestamptz NOT NULL,
     status text NOT NULL DEFAULT 'open',
     settled_at timestamptz,
     sequence bigint,
     reason text
   )`,
  // Those that may still be redeemed, and what cooldowns count: since when it was done, and the newest of it.
  `CREATE INDEX leases_open ON leases (account_id, id) WHERE status = 'open'`,
  `CREATE INDEX leases_taken ON leases (account_id, settled_at) WHERE status = 'redeemed'`,
  `CREATE INDEX leases_newest ON leases (account_id, sequence) WHERE status = 'redeemed'`,
  `CREATE INDEX leases_agent ON leases (agent, issued_at)`,

  // The newest answer to an agent's check, for as long as what it rests on is the same. Each full check writes it anew, so
  // that pages have room for it.
  `CREATE TABLE standing_verdicts (
     account_id text COLLATE "C" NOT NULL,
     decision text COLLATE "C" NOT NULL,
     agent text COLLATE "C" NOT NULL,
     action text COLLATE "C" NOT NULL,
     adjudication_id uuid NOT NULL,
     verdict text NOT NULL,
     do_instead text,
     because text NOT NULL,
     tags text NOT NULL,
     ruleset text NOT NULL,
     state_version text NOT NULL,
     valid_until timestamptz NOT NULL,
     any_payload boolean NOT NULL,
     payload_hash text,
     sample_rate double precision NOT NULL,
     escalation_id uuid,
     PRIMARY KEY (account_id, decision, agent, action)
   ) WITH (fillfactor = 70)`,

  // What people who decide are shown of what the agent is going to send.
  `CREATE TABLE escalation_payloads (
     escalation_id uuid PRIMARY KEY,
     account_id text COLLATE "C" NOT NULL,
     agent text NOT NULL,
     action text NOT NULL,
     payload_hash text,
     payload text,
     adjudication_id uuid NOT NULL
   )`,

  `CREATE TABLE agent_actions (
     id uuid PRIMARY KEY,
     account_id text COLLATE "C" NOT NULL,
     decision text COLLATE "C" NOT NULL,
     action text NOT NULL,
     agent text COLLATE "C" NOT NULL,
     at timestamptz NOT NULL,
     lease_id uuid,
     followed boolean NOT NULL,
     sequence bigint NOT NULL
   )`,
  `CREATE INDEX agent_actions_agent ON agent_actions (agent, at)`,

  `GRANT SELECT, INSERT, DELETE ON leases TO umpire_app`,
  `GRANT UPDATE (account_id, status, settled_at, sequence, reason) ON leases TO umpire_app`,
  `GRANT SELECT, INSERT, UPDATE, DELETE ON standing_verdicts, escalation_payloads TO umpire_app`,
  `GRANT SELECT, INSERT ON agent_actions TO umpire_app`,
]

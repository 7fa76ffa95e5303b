import type { Pool } from 'pg'
import type { Verdict } from '../core/model.ts'

/** An agent asks whether it may act, and brings what its lease would be. */
export interface QuickCheck {
  /** As sent: an id or an alias. */
  readonly account: string
  readonly decision: string
  readonly agent: string
  readonly action: string
  readonly payloadHash: string | null
  /** That is active: answers of any other are none. */
  readonly ruleset: string
  /** Whether what was done keeps it from being done again. */
  readonly cools: boolean
  /** Uniform in [0, 1): below the sample rate the question is asked in full. */
  readonly draw: number
  readonly lease: { readonly id: string; readonly tokenHash: string; readonly expiresAt: number }
  /** Name of the key. */
  readonly owner: string
}

/** An answer that still holds. */
export interface StandingVerdict {
  readonly verdict: Verdict
  readonly doInstead: string | null
  readonly because: string
  readonly adjudication: string
  readonly escalation: { readonly id: string; readonly queue: string; readonly dueAt: string } | null
}

/**
 * Answers checks from the newest answers to the same ones, where nothing that counts has come since, and issues the
 * leases of those that are allowed: one statement for all that came together, so one round trip and one commit.
 *
 * What counts is put together as `versionOf` does. A signal that is committed a moment later does not hold a lease back:
 * whoever redeems it compares again.
 *
 * @param now milliseconds since the epoch
 * @returns one for each, in their order; null: ask in full
 */
export async function answerQuickly(
  pool: Pool,
  checks: readonly QuickCheck[],
  now: number,
): Promise<readonly (StandingVerdict | null)[]> {
  const { rows } = await pool.query<Row>({
    name: 'answer_quickly',
    text: STATEMENT,
    values: [
      checks.map(({ account }) => account),
      checks.map(({ decision }) => decision),
      checks.map(({ agent }) => agent),
      checks.map(({ action }) => action),
      checks.map(({ payloadHash }) => payloadHash),
      checks.map(({ draw }) => draw),
      checks.map(({ lease }) => lease.id),
      checks.map(({ lease }) => lease.tokenHash),
      checks.map(({ lease }) => new Date(lease.expiresAt).toISOString()),
      checks.map(({ owner }) => owner),
      checks.map(({ ruleset }) => ruleset),
      checks.map(({ cools }) => cools),
      new Date(now).toISOString(),
    ],
  })
  const answers: (StandingVerdict | null)[] = checks.map(() => null)
  for (const { n, verdict, do_instead, because, adjudication_id, escalation_id, queue, due_at } of rows) {
    answers[n - 1] = {
      verdict,
      doInstead: do_instead,
      because,
      adjudication: adjudication_id,
      escalation: escalation_id && queue && due_at ? { id: escalation_id, queue, dueAt: due_at.toISOString() } : null,
    }
  }
  return answers
}

interface Row {
  readonly n: number
  readonly verdict: Verdict
  readonly do_instead: string | null
  readonly because: string
  readonly adjudication_id: string
  readonly escalation_id: string | null
  readonly queue: string | null
  readonly due_at: Date | null
}

const STATEMENT = `
WITH asked AS MATERIALIZED (
  SELECT sent.*, coalesce(aliases.account_id, sent.name) AS account_id
  FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::float8[], $7::uuid[], $8::text[],
      $9::timestamptz[], $10::text[], $11::text[], $12::boolean[]) WITH ORDINALITY
    AS sent(name, decision, agent, action, payload_hash, draw, lease_id, token_hash, expires_at, owner, ruleset, cools, n)
  LEFT JOIN aliases ON aliases.alias = sent.name
), found AS MATERIALIZED (
  SELECT asked.n, asked.account_id, asked.decision, asked.agent, asked.action, asked.payload_hash, asked.lease_id,
    asked.token_hash, asked.expires_at, asked.owner, asked.ruleset, v.verdict, v.do_instead, v.because, v.tags, v.adjudication_id,
    v.state_version, v.valid_until, e.id AS escalation_id, e.queue, e.due_at
  FROM asked
  JOIN standing_verdicts v ON v.account_id = asked.account_id AND v.decision = asked.decision
    AND v.agent = asked.agent AND v.action = asked.action
  LEFT JOIN escalations e ON e.id = v.escalation_id AND e.status IN ('open', 'claimed')
  LEFT JOIN LATERAL (
    SELECT sequence FROM facts WHERE facts.account_id = asked.account_id ORDER BY sequence DESC LIMIT 1
  ) known ON true
  LEFT JOIN LATERAL (
    SELECT max(s.sequence) AS newest, array_agg(s.agent) AS agents
    FROM signals s WHERE s.account_id = asked.account_id AND NOT s.superseded
  ) standing ON true
  LEFT JOIN LATERAL (
    SELECT sum(a.sequence) AS sequences FROM agents a WHERE a.name = ANY(standing.agents || asked.agent)
  ) heard ON true
  LEFT JOIN rulings r ON r.account_id = asked.account_id AND r.decision = asked.decision
  LEFT JOIN LATERAL (
    SELECT max(l.sequence) AS newest FROM leases l
    WHERE asked.cools AND l.account_id = asked.account_id AND l.status = 'redeemed'
  ) taken ON true
  WHERE v.ruleset = asked.ruleset AND v.valid_until > $13::timestamptz AND asked.draw >= v.sample_rate
    AND (v.any_payload OR v.payload_hash IS NOT DISTINCT FROM asked.payload_hash)
    AND (v.verdict <> 'ask' OR e.id IS NOT NULL)
    AND v.state_version = concat_ws('.', coalesce(known.sequence, 0), coalesce(standing.newest, 0),
      coalesce(r.sequence, 0), coalesce(taken.newest, 0), coalesce(heard.sequences, 0))
), issued AS (
  INSERT INTO leases (id, token_hash, account_id, decision, action, tags, agent, payload_hash, owner, adjudication_id,
    ruleset, state_version, fresh_until, issued_at, expires_at)
  SELECT lease_id, decode(token_hash, 'hex'), account_id, decision, action, tags, agent, payload_hash, owner,
    adjudication_id, ruleset, state_version, valid_until, $13::timestamptz, expires_at
  FROM found WHERE verdict = 'allow'
)
SELECT n::int, verdict, do_instead, because, adjudication_id, escalation_id, queue, due_at FROM found`

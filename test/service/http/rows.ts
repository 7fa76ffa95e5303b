import { randomUUID } from 'node:crypto'
import type { Resolution } from '../../../src/core/escalation/escalation.ts'
import { START } from '../app.ts'
import { execute } from '../database.ts'

/** Columns of an escalation. */
export type Row = Readonly<Record<string, unknown>>

/** Writes escalations as rows, past all that would make them: for what only reads them. */
export async function writeEscalations(databaseUrl: string, rows: readonly Row[]): Promise<void> {
  const whole = rows.map((row) => ({ ...OPEN, id: randomUUID(), ...row }))
  await execute(
    databaseUrl,
    `INSERT INTO escalations (${Object.keys(OPEN)}, id) SELECT ${Object.keys(OPEN)}, id
     FROM jsonb_populate_recordset(null::escalations, $1)`,
    [JSON.stringify(whole)],
  )
}

/** A time, so many minutes after `START`. */
export const minutes = (after: number): string => new Date(START + after * 60_000).toISOString()

export function resolution(given: Partial<Resolution> = {}): Resolution {
  return {
    resolution: 'uphold',
    action: 'wait',
    recommended: 'wait',
    state: null,
    wrongSignals: [],
    reason: 'known_plan',
    comment: null,
    by: 'maria',
    at: minutes(0),
    ...given,
  }
}

const OPEN: Row = {
  account_id: 'acme',
  decision: 'expansion-outreach',
  kind: 'decision',
  queue: 'csm',
  status: 'open',
  priority: 0,
  regret: 1,
  due_at: minutes(480),
  created_at: minutes(0),
  opened_by: randomUUID(),
  adjudication_id: randomUUID(),
  asked: '{}',
  changes: 0,
  claimed_by: null,
  claimed_until: null,
  first_claimed_at: null,
  closed_at: null,
  resolution: null,
}

import type { Kysely } from 'kysely'
import { parsed } from './audit.ts'
import type { Database } from './database.ts'

/** An entry of the trail that changed an escalation. */
export interface StoredStep {
  readonly stream: string
  readonly sequence: number
  /** `adjudication`, `escalation.claimed`, … */
  readonly kind: string
  readonly at: Date
  /** Null where it has been erased. */
  readonly body: Readonly<Record<string, unknown>> | null
}

/** The newest steps of an escalation in order, those of the account's streams before and after it joined another. */
export async function readSteps(
  db: Kysely<Database>,
  escalation: string,
  { kind, limit }: { readonly kind?: string; readonly limit: number },
): Promise<readonly StoredStep[]> {
  let query = db
    .selectFrom('escalation_steps as s')
    .innerJoin('audit_entries as e', (join) =>
      join.onRef('e.stream', '=', 's.stream').onRef('e.sequence', '=', 's.sequence'),
    )
    .leftJoin('audit_payloads as p', (join) =>
      join.onRef('p.stream', '=', 's.stream').onRef('p.sequence', '=', 's.sequence'),
    )
    .where('s.escalation_id', '=', escalation)
    .select(['e.stream', 'e.sequence', 'e.kind', 'e.at', 'p.payload'])
    .orderBy('e.at', 'desc')
    .orderBy('e.sequence', 'desc')
    .limit(limit)
  if (kind !== undefined) query = query.where('e.kind', '=', kind)
  return (await query.execute()).reverse().map(({ payload, ...entry }) => ({
    ...entry,
    body: payload === null ? null : ((parsed(payload)?.body ?? null) as StoredStep['body']),
  }))
}

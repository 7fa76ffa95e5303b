import { deleteShown, deleteUnused, expireLeases, readUptake, type UptakeRow } from '../../storage/leases.ts'
import type { App } from '../app.ts'

const DAY = 86_400_000
/** Where nobody says since when, and for how long leases that came to nothing are kept. */
const KEPT = 90 * DAY

export interface Uptake {
  readonly agent: string
  /** RFC 3339. */
  readonly since: string
  readonly decisions: readonly DecisionUptake[]
}

export interface DecisionUptake {
  readonly decision: string
  /** What became of the leases that it got. */
  readonly leases: Omit<UptakeRow, 'decision' | 'followed' | 'unasked'> & { readonly issued: number }
  /** What it says it did, with leave and without. */
  readonly acted: { readonly followed: number; readonly unasked: number }
  /** Of all that it did, the share with leave, 0 to 1; null: it did nothing. */
  readonly uptake: number | null
}

/** How far an agent follows what it is told, by decision. An agent that never asked has followed nothing. */
export async function getUptake(
  app: App,
  agent: string,
  { decision, since }: { readonly decision?: string | undefined; readonly since?: string | undefined },
): Promise<Uptake> {
  const now = app.now()
  const from = since === undefined ? now - KEPT : Date.parse(since)
  const rows = await readUptake(app.db, agent, { decision, since: from, now })
  return { agent, since: new Date(from).toISOString(), decisions: rows.map(uptakeOf) }
}

function uptakeOf({ decision, followed, unasked, ...leases }: UptakeRow): DecisionUptake {
  const { redeemed, revoked, expired, open } = leases
  // Redeeming is acting: whoever redeems need not report besides.
  const acted = redeemed + unasked
  return {
    decision,
    leases: { ...leases, issued: redeemed + revoked + expired + open },
    acted: { followed, unasked },
    uptake: acted === 0 ? null : redeemed / acted,
  }
}

/**
 * Marks leases that nobody redeemed in time, and forgets old ones that came to nothing, and what people were shown of them.
 * @returns how many leases were forgotten
 */
export async function sweepLeases(app: App): Promise<number> {
  await expireLeases(app.db, app.now())
  await deleteShown(app.db, app.now() - KEPT)
  return deleteUnused(app.db, app.now() - KEPT)
}

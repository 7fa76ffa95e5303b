import type { App } from '../app/app.ts'
import { hiddenItems } from '../app/blind.ts'
import type { Principal } from '../app/principal.ts'
import { findAdjudications } from '../storage/adjudications.ts'
import { recordOf } from './database.ts'
import type { BacktestReport } from './report.ts'

/**
 * A report of the recorded past as a viewer may see it: of the costliest flips, those are left out of whose questions a
 * blind queue hides from them, at this moment, what is recommended.
 */
export async function visibleTo(app: App, viewer: Principal, report: BacktestReport): Promise<BacktestReport> {
  const ids = report.decisions.flatMap(({ flips }) => flips.costliest.flatMap(({ id }) => id ?? []))
  const items = await itemsOf(app, ids)
  const hidden = await hiddenItems(app, viewer, [...items.values()])
  const isShown = (id: string | null) => id === null || !hidden.has(items.get(id) ?? '')
  return {
    ...report,
    decisions: report.decisions.map((decision) => {
      const costliest = decision.flips.costliest.filter(({ id }) => isShown(id))
      return { ...decision, flips: { ...decision.flips, costliest } }
    }),
  }
}

/** The items that people got, by the ids of the adjudications. */
async function itemsOf(app: App, adjudications: readonly string[]): Promise<ReadonlyMap<string, string>> {
  const stored = await findAdjudications(app.db, adjudications)
  return new Map(
    stored.flatMap((one): [string, string][] => {
      const escalation = recordOf(one)?.escalation
      return escalation === undefined ? [] : [[one.id, escalation]]
    }),
  )
}

import { findEscalations } from '../storage/escalations.ts'
import type { App } from './app.ts'
import { isHidden } from './escalations/item-view.ts'
import { isReviewer } from './history.ts'
import type { Principal } from './principal.ts'

/** Of the ids of items, those of which a blind queue hides from a viewer what is recommended. */
export async function hiddenItems(
  app: App,
  viewer: Principal,
  escalations: readonly string[],
): Promise<ReadonlySet<string>> {
  if (!isReviewer(viewer)) return new Set()
  const items = await findEscalations(app.db, [...new Set(escalations)])
  return new Set(items.filter((item) => isHidden(app, item)).map(({ id }) => id))
}

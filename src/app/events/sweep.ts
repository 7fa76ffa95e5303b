import { deleteEvents } from '../../storage/events.ts'
import type { App } from '../app.ts'

/** How long events are kept for those who come back. Milliseconds. */
const KEPT = 24 * 3_600_000
/** Deleted at a time: whoever reads events waits for transactions that write. */
const BATCH = 5_000

/**
 * Deletes what happened more than a day ago; once an hour is often enough.
 * @returns how many events were deleted
 */
export async function sweepEvents(app: App): Promise<number> {
  let all = 0
  for (let deleted = BATCH; deleted === BATCH; all += deleted) {
    deleted = await deleteEvents(app.db, app.now() - KEPT, BATCH)
  }
  return all
}

import { parentPort, workerData } from 'node:worker_threads'
import type { Kysely } from 'kysely'
import { storedRuleset } from '../../app/rules.ts'
import type { NamedHash } from '../../storage/backtests.ts'
import type { Database } from '../../storage/database.ts'
import { createDatabase, createPool } from '../../storage/pool.ts'
import { withDatabase } from '../database.ts'
import { replay } from '../replay.ts'
import type { Contestant } from '../reporting.ts'
import type { Replayed, ReplayTask, Told } from './replaying.ts'

const task = workerData as ReplayTask
const tell = (told: Told) => parentPort?.postMessage(told)

// What breaks while nothing is asked shows when something is.
const db = createDatabase(createPool(task.connection, { max: 1, role: 'app', onError: () => {} }))
try {
  tell(await replayed(db))
} catch (error) {
  const { name, message, code } = error as Error & { readonly code?: unknown }
  tell({ failure: { name, message, code } })
} finally {
  await db.destroy()
}

async function replayed(db: Kysely<Database>): Promise<Replayed> {
  const { since, decision, minutesPerReview, threads } = task
  const contest = {
    baseline: await contestant(db, task.baseline),
    candidate: await contestant(db, task.candidate),
    minutesPerReview,
  }
  return withDatabase(db, { since, now: null, decision }, async (history) => {
    const { total } = history
    let done = 0
    const onProgress = (questions: number) => {
      done += questions
      tell({ progress: { done, total } })
    }
    onProgress(0)
    const report = await replay(history, contest, { threads, onProgress })
    return { report: JSON.stringify(report), questions: total }
  })
}

async function contestant(db: Kysely<Database>, { hash, name }: NamedHash): Promise<Contestant> {
  return { name, ruleset: await storedRuleset(db, hash) }
}

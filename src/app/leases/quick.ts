import type { Context } from '@opentelemetry/api'
import type { Pool } from 'pg'
import { answerQuickly, type QuickCheck, type StandingVerdict } from '../../storage/standing-verdicts.ts'
import { currentContext, sharedSpan } from '../../telemetry/spans.ts'

/** Where checks that arrive together are answered together from what was answered before: see `answerQuickly`. */
export interface QuickChecks {
  /** @returns null where the question must be asked in full */
  answer(check: QuickCheck): Promise<StandingVerdict | null>
  /** Takes note of an answer that was given in full here: once it has run out it is not looked for. */
  note(check: Asking, until: number): void
}

/** Whose question an answer is. */
type Asking = Pick<QuickCheck, 'account' | 'decision' | 'agent' | 'action'>

interface Waiting {
  readonly check: QuickCheck
  readonly context: Context
  readonly resolve: (answer: StandingVerdict | null) => void
  readonly reject: (reason: unknown) => void
}

const BATCH = 256
/** Round trips at a time: one is computed here while another waits for the database. */
const UNDER_WAY = 2
/** Answers of which it is known when they run out. */
const NOTED_AT_MOST = 10_000

export function createQuickChecks({ pool, now }: { readonly pool: Pool; readonly now: () => number }): QuickChecks {
  const waiting: Waiting[] = []
  /** Milliseconds since the epoch, by question; the oldest first. */
  const noted = new Map<string, number>()
  let running = 0

  async function run(): Promise<void> {
    while (waiting.length > 0) {
      const batch = waiting.splice(0, BATCH)
      const checks = batch.map(({ check }) => check)
      try {
        const contexts = batch.map(({ context }) => context)
        const answers = await sharedSpan('check', contexts, () => answerQuickly(pool, checks, now()))
        for (const [i, { resolve }] of batch.entries()) resolve(answers[i] ?? null)
      } catch (error) {
        for (const { reject } of batch) reject(error)
      }
    }
    running--
  }

  return {
    answer(check) {
      // Another process may have answered since. Then it is answered twice.
      if ((noted.get(keyOf(check)) ?? Number.POSITIVE_INFINITY) <= now()) return Promise.resolve(null)
      return new Promise((resolve, reject) => {
        waiting.push({ check, context: currentContext(), resolve, reject })
        if (running === UNDER_WAY) return
        running++
        void Promise.resolve().then(run)
      })
    },
    note(check, until) {
      const key = keyOf(check)
      noted.delete(key)
      noted.set(key, until)
      if (noted.size > NOTED_AT_MOST) noted.delete(noted.keys().next().value!)
    },
  }
}

/** No name holds a control character. */
const keyOf = ({ account, decision, agent, action }: Asking): string => [account, decision, agent, action].join('\n')

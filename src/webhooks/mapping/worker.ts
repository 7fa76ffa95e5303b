import type { Source } from '../../core/sources.ts'
import { compileExpressions, type Expressions } from './expressions.ts'
import type { Failed, Made } from './made.ts'

/** What a process is asked; first of all, which source it is for. */
export type Task =
  | { readonly kind: 'source'; readonly source: Source }
  | { readonly kind: 'split'; readonly payload: unknown; readonly receivedAt: string }
  | {
      readonly kind: 'map'
      readonly events: readonly unknown[]
      readonly receivedAt: string
      /** Whether to tell after each event, so that it is known which one does not end. */
      readonly eager: boolean
    }

/** What it says: that it can be asked, what it found, and what it made of the next events. */
export type Said =
  | { readonly kind: 'ready' }
  | { readonly kind: 'split'; readonly events: readonly unknown[] | Failed }
  | { readonly kind: 'mapped'; readonly made: readonly Made[] }

/** How long it works without saying anything where it is not eager. Milliseconds. */
const SILENCE = 100

let source: Source
let expressions: Expressions
/** As soon as it is known that one of them does not end. */
let guarded: Expressions | undefined

process.on('message', async (task: Task) => {
  switch (task.kind) {
    case 'source':
      source = task.source
      expressions = compileExpressions(source, false)
      return say({ kind: 'ready' })
    case 'split':
      return say({ kind: 'split', events: await expressions.split(task.payload, task.receivedAt) })
    case 'map':
      return map(task)
  }
})
// Whoever started it is gone.
process.on('disconnect', () => process.exit())

async function map({ events, receivedAt, eager }: Extract<Task, { kind: 'map' }>): Promise<void> {
  if (eager) guarded ??= compileExpressions(source, true)
  const asked = (eager && guarded) || expressions
  let made: Made[] = []
  let spoken = performance.now()
  for (const event of events) {
    made.push(await asked.map(event, receivedAt))
    if (!eager && performance.now() - spoken < SILENCE) continue
    say({ kind: 'mapped', made })
    made = []
    spoken = performance.now()
  }
  if (made.length > 0) say({ kind: 'mapped', made })
}

function say(said: Said): void {
  process.send?.(said)
}

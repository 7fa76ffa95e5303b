import { Worker } from 'node:worker_threads'
import type { Source } from '../../core/sources.ts'
import { compileExpressions, type Expressions, ROOM } from './expressions.ts'
import type { Failed, Made } from './made.ts'

/** What a process is asked; first of all, which source it is for. */
export type Task =
  | { readonly kind: 'source'; readonly source: Source }
  | { readonly kind: 'split'; readonly payload: unknown; readonly receivedAt: string }
  | {
      readonly kind: 'map'
      readonly events: readonly unknown[]
      readonly receivedAt: string
      /** Whether to tell after each event, and before each matcher, so that it is known which one does not end. */
      readonly eager: boolean
    }

/** What it says: that it can be asked, what it found, which matcher it asks, and what it made of the next events. */
export type Said =
  | { readonly kind: 'ready' }
  | { readonly kind: 'split'; readonly events: readonly unknown[] | Failed }
  | { readonly kind: 'asks'; readonly matcher: string }
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
      return say({ kind: 'split', events: await expressions.split(task.payload, asked(task)) })
    case 'map':
      return map(task)
  }
})
/** Looks whether whoever started this process is there: an expression that does not end keeps it from hearing so itself. */
const WATCH = `
  const { workerData: parent } = require('node:worker_threads')
  setInterval(() => { if (process.ppid !== parent) process.kill(process.pid, 'SIGKILL') }, 1000)
`
new Worker(WATCH, { eval: true, workerData: Number(process.argv[2]), env: {} }).unref()
process.on('disconnect', () => process.exit())

const asked = ({ receivedAt }: { readonly receivedAt: string }) => ({ receivedAt, room: ROOM })

async function map(task: Extract<Task, { kind: 'map' }>): Promise<void> {
  const { events, eager } = task
  if (eager) guarded ??= compileExpressions(source, true)
  const kinds = (eager && guarded) || expressions
  const onMatcher = eager ? (matcher: string) => say({ kind: 'asks', matcher }) : undefined
  const request = { ...asked(task), onMatcher }
  let made: Made[] = []
  let spoken = performance.now()
  for (const event of events) {
    made.push(await kinds.map(event, request))
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

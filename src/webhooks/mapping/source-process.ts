import { type ChildProcess, fork } from 'node:child_process'
import path from 'node:path'
import { Problem } from '../../app/problem.ts'
import type { Source } from '../../core/sources.ts'
import { TOO_LONG } from './expressions.ts'
import type { Said, Task } from './worker.ts'

/** Why a process was ended, in words that follow what it did. */
export class Ended extends Error {
  override readonly name = 'Ended'
  /** Whether it was because of all that was asked in the request, not of the last. */
  readonly late: boolean

  constructor(message: string, late = false) {
    super(message)
    this.late = late
  }
}

/** What a request may still take, in milliseconds. Waiting for a process, or for others that it works for, does not count. */
export interface Time {
  left: number
}

/** The process of one source. It does one task after another, and is started anew after it had to be ended. */
export interface SourceProcess {
  /**
   * @param hear takes what the process says, and tells whether that was all
   * @param time what it takes is taken from it
   * @throws Ended; Problem `overloaded` where too many wait
   */
  ask(task: Task, hear: (said: Said) => boolean, time: Time): Promise<void>
  /** Ends it once it has done what it was asked. */
  retire(): Promise<void>
}

/** Until it can be asked it loads its modules, on a host that may be busy. Milliseconds. */
const START = 20_000
/** One that is not asked anything for so long gives its memory back. Milliseconds. */
const IDLE = 60_000
const MEGABYTES = 64
const WAITING_AT_MOST = 100

/** @param patience one that says nothing for so long is ended, in milliseconds */
export function createSourceProcess(source: Source, patience: number): SourceProcess {
  let child: ChildProcess | null = null
  let last: Promise<unknown> = Promise.resolve()
  let waiting = 0
  let idle: NodeJS.Timeout | undefined

  function end(): void {
    clearTimeout(idle)
    child?.kill('SIGKILL')
    child = null
  }

  async function run(task: Task, hear: (said: Said) => boolean, time: Time): Promise<void> {
    clearTimeout(idle)
    if (child?.connected === false) end()
    try {
      child ??= await start(source)
      await ask(child, task, hear, { patience, time })
      idle = setTimeout(end, IDLE).unref()
    } catch (error) {
      end()
      throw error
    }
  }

  return {
    async ask(task, hear, time) {
      if (waiting >= WAITING_AT_MOST) {
        throw new Problem('overloaded', `too much of source \`${source.name}\` waits; send it again in a moment`)
      }
      waiting++
      const done = last.then(() => run(task, hear, time))
      last = done.catch(() => {}).finally(() => waiting--)
      await done
    },
    async retire() {
      await last
      end()
    },
  }
}

/**
 * A process and no thread: a thread that needs too much memory at once takes all of its process with it. It sees neither
 * the environment nor the terminal, and signals for ours are not for it. From the sources it loads what runs TypeScript.
 */
async function start(source: Source): Promise<ChildProcess> {
  const extension = path.extname(new URL(import.meta.url).pathname)
  const loader = extension === '.ts' ? ['--import', import.meta.resolve('tsx')] : []
  const child = fork(new URL(`./worker${extension}`, import.meta.url), [String(process.pid)], {
    execArgv: [`--max-old-space-size=${MEGABYTES}`, '--max-semi-space-size=8', ...loader],
    env: {},
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    detached: true,
  })
  // What goes wrong while nothing is asked shows when something is.
  child.on('error', () => {})
  try {
    await ask(child, { kind: 'source', source }, ({ kind }) => kind === 'ready', {
      patience: START,
      time: { left: START },
    })
    return child
  } catch (cause) {
    child.kill('SIGKILL')
    // No event is to blame.
    throw new Problem('overloaded', `what source \`${source.name}\` sends can't be looked at now; send it again`, {
      cause,
    })
  }
}

/**
 * Resolves when `hear` has heard all.
 * @param patience how long nothing may be said, in milliseconds
 * @throws Ended where that or the time is exceeded, or it ends by itself
 */
async function ask(
  child: ChildProcess,
  task: Task,
  hear: (said: Said) => boolean,
  { patience, time }: { readonly patience: number; readonly time: Time },
): Promise<void> {
  const began = performance.now()
  const left = () => time.left - (performance.now() - began)
  let timer: NodeJS.Timeout | undefined
  let stop = () => {}
  hold(child)
  try {
    await new Promise<void>((resolve, reject) => {
      const wait = () => {
        clearTimeout(timer)
        const late = left() < patience
        const ended = new Ended(`${TOO_LONG}, and were ended`, late)
        timer = setTimeout(() => reject(ended), Math.max(0, late ? left() : patience))
      }
      const onMessage = (said: Said) => (hear(said) ? resolve() : wait())
      const onExit = (_code: number | null, signal: string | null) => reject(new Ended(lastWords(signal)))
      child.on('message', onMessage).on('error', reject).on('exit', onExit)
      stop = () => void child.off('message', onMessage).off('error', reject).off('exit', onExit)
      wait()
      child.send(task)
    })
  } finally {
    clearTimeout(timer)
    stop()
    letGo(child)
    time.left = left()
  }
}

/** Node aborts where memory is exhausted. */
function lastWords(signal: string | null): string {
  return signal === 'SIGABRT' || signal === 'SIGTRAP'
    ? `needed more than ${MEGABYTES} MB, and were ended`
    : 'were ended from outside'
}

/** Only while something is asked of it does it keep our process from ending. */
function hold(child: ChildProcess): void {
  child.ref()
  child.channel?.ref()
}

function letGo(child: ChildProcess): void {
  child.unref()
  child.channel?.unref()
}

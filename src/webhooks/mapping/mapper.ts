import type { Source } from '../../core/sources.ts'
import { type Failed, failed, type Made } from './made.ts'
import { createSourceProcess, Ended, type SourceProcess } from './source-process.ts'
import type { Task } from './worker.ts'

/** Evaluates the expressions of sources, each in a process of its own that is ended where one does not end. */
export interface Mapper {
  /** The events in a payload, or why none can be found. */
  split(source: Source, payload: unknown, receivedAt: string): Promise<readonly unknown[] | Failed>
  /** What each event becomes, in their order. @param receivedAt RFC 3339 */
  map(source: Source, events: readonly unknown[], receivedAt: string): Promise<readonly Made[]>
  close(): Promise<void>
}

/** So often a process is ended for the events of one request; what comes after them is not tried. */
const ENDED_AT_MOST = 2

const NOT_TRIED = failed('not tried, since events before it kept the source from its work; replay it')

export function createMapper(): Mapper {
  const processes = new Map<string, { readonly source: Source; readonly process: SourceProcess }>()

  function processOf(source: Source): SourceProcess {
    const known = processes.get(source.name)
    if (known?.source === source) return known.process
    // Rules have changed: what is under way there comes to its end.
    void known?.process.retire()
    const process = createSourceProcess(source)
    processes.set(source.name, { source, process })
    return process
  }

  return {
    async split(source, payload, receivedAt) {
      if (source.forEach === null) return Array.isArray(payload) ? payload : [payload]
      let events: readonly unknown[] | Failed = []
      const ended = await attempt(processOf(source), { kind: 'split', payload, receivedAt }, (said) => {
        if (said.kind === 'split') events = said.events
        return said.kind === 'split'
      })
      return ended === null ? events : failed(`\`forEach\` ${ended.message}`)
    },

    async map(source, events, receivedAt) {
      const process = processOf(source)
      const made: Made[] = []
      for (let ends = 0; made.length < events.length && ends <= ENDED_AT_MOST; ) {
        const eager = ends > 0
        const task: Task = { kind: 'map', events: events.slice(made.length), receivedAt, eager }
        const ended = await attempt(process, task, (said) => {
          if (said.kind === 'mapped') made.push(...said.made)
          return made.length === events.length
        })
        if (ended === null) continue
        // Only one that tells after each event says which of them it was.
        if (eager) made.push(failed(`the expressions of the source ${ended.message}`))
        ends++
      }
      return [...made, ...events.slice(made.length).map(() => NOT_TRIED)]
    },

    async close() {
      await Promise.all([...processes.values()].map(({ process }) => process.retire()))
    },
  }
}

/** @returns why the process was ended; null: it has done all */
async function attempt(
  process: SourceProcess,
  task: Task,
  hear: Parameters<SourceProcess['ask']>[1],
): Promise<Ended | null> {
  try {
    await process.ask(task, hear)
    return null
  } catch (error) {
    if (error instanceof Ended) return error
    throw error
  }
}

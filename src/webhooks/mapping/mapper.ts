import type { Source } from '../../core/sources.ts'
import { EXPRESSION_AT_MOST } from './expressions.ts'
import { type Failed, failed, type Made } from './made.ts'
import { createSourceProcess, Ended, type SourceProcess, type Time } from './source-process.ts'
import type { Said, Task } from './worker.ts'

/** Evaluates the expressions of sources, each in a process of its own that is ended where one does not end. */
export interface Mapper {
  /** What it is asked for one request has its time together. */
  forRequest(): RequestMapper
  close(): Promise<void>
}

export interface RequestMapper {
  /** The events in a payload, or why none can be found. */
  split(source: Source, payload: unknown, receivedAt: string): Promise<readonly unknown[] | Failed>
  /** What each event becomes, in their order. @param receivedAt RFC 3339 */
  map(source: Source, events: readonly unknown[], receivedAt: string): Promise<readonly Made[]>
}

/** Milliseconds. */
export interface Limits {
  /** A process that says nothing for so long is ended, if its expressions have not ended themselves. */
  readonly patience: number
  /** For the expressions of one request; what comes after that is not tried. */
  readonly request: number
}

/** Enough to find one event for which they do not end and take the others, and less than the five seconds of HubSpot. */
const LIMITS: Limits = { patience: EXPRESSION_AT_MOST * 1.5, request: 4_000 }
/** So often a process is ended for the events of one request. */
const ENDED_AT_MOST = 2

const NOT_TRIED = failed('not tried, since the events before it took all that a request may; replay it')

export function createMapper({ patience, request }: Limits = LIMITS): Mapper {
  const processes = new Map<string, { readonly source: Source; readonly process: SourceProcess }>()

  function processOf(source: Source): SourceProcess {
    const known = processes.get(source.name)
    if (known?.source === source) return known.process
    // Rules have changed: what is under way there comes to its end.
    void known?.process.retire()
    const process = createSourceProcess(source, patience)
    processes.set(source.name, { source, process })
    return process
  }

  const forRequest = (time: Time): RequestMapper => ({
    async split(source, payload, receivedAt) {
      if (source.forEach === null) return Array.isArray(payload) ? payload : [payload]
      let events: readonly unknown[] | Failed = []
      const hear = (said: Said) => {
        if (said.kind === 'split') events = said.events
        return said.kind === 'split'
      }
      const task: Task = { kind: 'split', payload, receivedAt }
      const ended = await attempt(processOf(source), task, hear, time)
      return ended === null ? events : failed(`\`forEach\` ${ended.message}`)
    },

    async map(source, events, receivedAt) {
      const process = processOf(source)
      const made: Made[] = []
      for (let ends = 0; made.length < events.length && ends <= ENDED_AT_MOST; ends++) {
        const eager = ends > 0
        let matcher: string | null = null
        const hear = (said: Said) => {
          matcher = said.kind === 'asks' ? said.matcher : null
          if (said.kind === 'mapped') made.push(...said.made)
          return made.length === events.length
        }
        const task: Task = { kind: 'map', events: events.slice(made.length), receivedAt, eager }
        const ended = await attempt(process, task, hear, time)
        if (ended === null || ended.late) break
        // Only one that tells after each event says which of them it was.
        if (eager) made.push(failed(`its expressions ${ended.message}`, matcher))
      }
      return [...made, ...events.slice(made.length).map(() => NOT_TRIED)]
    },
  })

  return {
    forRequest: () => forRequest({ left: request }),

    async close() {
      await Promise.all([...processes.values()].map(({ process }) => process.retire()))
    },
  }
}

/** @returns why the process was ended; null: it has done all */
async function attempt(
  process: SourceProcess,
  task: Task,
  hear: (said: Said) => boolean,
  time: Time,
): Promise<Ended | null> {
  try {
    await process.ask(task, hear, time)
    return null
  } catch (error) {
    if (error instanceof Ended) return error
    throw error
  }
}

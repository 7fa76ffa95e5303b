import { parsed, type StoredEntry } from './audit.ts'

/** What the names of accounts' streams begin with. */
export const ACCOUNT = 'account:'

export type Body = Record<string, unknown>

/** An entry whose payload is there. */
export interface Recorded {
  readonly stream: string
  readonly sequence: number
  readonly at: Date
  /** The account or agent whose stream it is. */
  readonly owner: string
  readonly body: Body
}

/** What an entry says; nothing where its payload is none. */
export function recordedBy({ stream, sequence, at, payload }: StoredEntry): Recorded {
  const body = (parsed(payload ?? '')?.body ?? {}) as Body
  return { stream, sequence, at, owner: stream.slice(stream.indexOf(':') + 1), body }
}

import type { Queue, Queues } from './model.ts'

/** Where failed expressions go: to those who can mend them. Every company has it, declared or not. */
export const OPS = 'ops'

export const DEFAULT_DUE = 24 * 3_600_000
export const DEFAULT_LEASE = 15 * 60_000

/** Those of a company without `queues.yaml`. */
export const NO_QUEUES: Queues = { declared: new Map(), reasons: new Map(), targets: [] }

/** A queue as it is declared, or else as one that nobody declared works: a day, at any hour, telling nobody. */
export function queueOf({ declared }: Queues, name: string): Queue {
  return (
    declared.get(name) ?? {
      name,
      description: '',
      due: DEFAULT_DUE,
      hours: null,
      lease: DEFAULT_LEASE,
      onExpiry: { kind: 'keep' },
      blind: false,
      targets: [],
    }
  )
}

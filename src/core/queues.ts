/** `queues.yaml`: who works on escalations, and how. */
export interface Queues {
  /** Those that the file declares. */
  readonly declared: ReadonlyMap<string, Queue>
  /** Why people decide as they do, by code: text for people. Empty: any code will do. */
  readonly reasons: ReadonlyMap<string, string>
  /** Told of what happens in any queue. */
  readonly targets: readonly Target[]
}

export interface Queue {
  readonly name: string
  readonly description: string
  /** Milliseconds, for escalations that neither rule nor decision gives a time. */
  readonly due: number
  /** When people work; null: always. */
  readonly hours: BusinessHours | null
  /** Milliseconds for which a claim lasts unless it is renewed. */
  readonly lease: number
  readonly onExpiry: Expiry
  /** Whether the recommendation is hidden until the reviewer has given theirs. */
  readonly blind: boolean
  readonly targets: readonly Target[]
}

/** What becomes of an escalation that nobody has decided when it is due. */
export type Expiry =
  | { readonly kind: 'keep' }
  | { readonly kind: 'raise'; readonly queue: string; readonly priority: number }
  | { readonly kind: 'fallback' }

export interface BusinessHours {
  /** IANA name, `Europe/Berlin`. */
  readonly zone: string
  /** ISO 8601: 1 is Monday. */
  readonly days: readonly number[]
  /** Minutes since midnight, local time. */
  readonly from: number
  readonly to: number
  /** Local dates, `2026-12-25`. */
  readonly holidays: ReadonlySet<string>
}

/** What people and their tools are told of. */
export const EVENTS = [
  'escalation.opened',
  'escalation.changed',
  'escalation.reminder',
  'escalation.overdue',
  'escalation.resolved',
  'escalation.withdrawn',
  'adjudication.resolved',
] as const
export type NoticeEvent = (typeof EVENTS)[number]

/** Where notices go. Secrets are named, never written: they are read from variables of the environment. */
export interface Target {
  /** Unique among all targets; names it in the list of deliveries. */
  readonly id: string
  readonly kind: 'webhook' | 'slack'
  /** Null: it is in the variable `urlFrom`. */
  readonly url: string | null
  readonly urlFrom: string | null
  /** Variable that holds the signing secret of a webhook, `whsec_…`. */
  readonly secretFrom: string | null
  readonly events: readonly NoticeEvent[]
}

/** Where failed expressions go: to those who can mend them. Every company has it, declared or not. */
export const OPS = 'ops'

const DEFAULT_DUE = 24 * 3_600_000
const DEFAULT_LEASE = 15 * 60_000

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

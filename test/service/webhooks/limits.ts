import type { Limits } from '../../../src/webhooks/mapping/mapper.ts'

/** Expressions that end themselves are heard, and what can be done is done, though the machine is busy with other tests. */
export const PATIENT: Limits = { patience: 4_000, request: 60_000 }
/** Two expressions that are ended, or ten that end themselves, are all of a request. */
export const HURRIED: Limits = { patience: 4_000, request: 11_000 }

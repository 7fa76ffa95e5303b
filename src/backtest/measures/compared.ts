import type { UnitWeights } from '../../core/stats/bootstrap.ts'
import type { Case } from '../case.ts'
import type { Said } from '../side.ts'

/** A case with what both sides say to it. */
export interface Compared {
  readonly case: Case
  readonly baseline: Said
  readonly candidate: Said
  /** Of its account, in the bootstrap. */
  readonly weights: UnitWeights
}

export const SIDES = ['baseline', 'candidate'] as const

/** Adds to a count that may not be there yet. */
export function count(counts: Map<string, number>, name: string, by = 1): void {
  counts.set(name, (counts.get(name) ?? 0) + by)
}

/** By the code units of names, which is the same on every machine. */
export function byName(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}

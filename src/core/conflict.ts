import type { UsedSignal } from './live.ts'

/**
 * How much the signals pull against one another: `1 − |Σ x| / Σ |x|` over their contributions, signed by whether they
 * speak for the most believed state. 0: unanimous, or nothing carries weight; 1: a draw.
 */
export function measureConflict(
  used: readonly UsedSignal[],
  contributions: readonly number[],
  beliefs: readonly number[],
): number {
  const believed = beliefs.indexOf(Math.max(...beliefs))
  let net = 0
  let gross = 0
  for (let i = 0; i < used.length; i += 1) {
    const x = contributions[i] as number
    net += (used[i] as UsedSignal).claim.pointsAt.includes(believed) ? x : -x
    gross += Math.abs(x)
  }
  return gross > 0 ? 1 - Math.abs(net) / gross : 0
}

/** Below this a number counts as 0; rows should be of the order of 1. */
export const EPSILON = 1e-9

/**
 * The most that `objective · x` comes to with `rows · x = rights` and x ≥ 0, and such an x; null where there is none.
 * The problem must be bounded.
 *
 * The simplex method in two phases (Dantzig 1963, *Linear Programming and Extensions*), with the pivots of Bland 1977,
 * which never go round in circles. For some dozens of rows; memory and each step take rows × columns.
 */
export function maximise(
  objective: readonly number[],
  rows: readonly (readonly number[])[],
  rights: readonly number[],
): { readonly value: number; readonly x: readonly number[] } | null {
  const count = objective.length
  // One artificial variable a row makes a first solution; phase one drives them out.
  const table = rows.map((row, i) => {
    const sign = (rights[i] as number) < 0 ? -1 : 1
    const artificial = rows.map((_, j) => (i === j ? 1 : 0))
    return [...row.map((value) => value * sign), ...artificial, (rights[i] as number) * sign]
  })
  const basis = rows.map((_, i) => count + i)
  const phaseOne = [...objective.map(() => 0), ...rows.map(() => -1)]
  climb(table, basis, phaseOne, phaseOne.length)
  if (reached(table, basis, phaseOne) < -EPSILON) return null

  climb(table, basis, [...objective, ...rows.map(() => 0)], count)
  const x = objective.map(() => 0)
  for (const [i, column] of basis.entries()) if (column < count) x[column] = table[i]?.at(-1) as number
  return { value: x.reduce((sum, value, i) => sum + value * (objective[i] as number), 0), x }
}

/** Pivots, in place, until no column among the first `allowed` makes the objective larger. */
function climb(table: number[][], basis: number[], objective: readonly number[], allowed: number): void {
  for (;;) {
    const entering = objective.findIndex(
      (_, column) => column < allowed && gainOf(table, basis, objective, column) > EPSILON,
    )
    if (entering < 0) return
    const leaving = rowToLeave(table, basis, entering, allowed)
    if (leaving === null) return
    pivot(table, basis, leaving, entering)
  }
}

function gainOf(
  table: readonly number[][],
  basis: readonly number[],
  objective: readonly number[],
  column: number,
): number {
  if (basis.includes(column)) return 0
  return table.reduce(
    (gain, row, i) => gain - (objective[basis[i] as number] as number) * (row[column] as number),
    objective[column] as number,
  )
}

/** The row that bounds the entering column first, of equals the one of the lowest variable. */
function rowToLeave(
  table: readonly number[][],
  basis: readonly number[],
  entering: number,
  allowed: number,
): number | null {
  let leaving: number | null = null
  let least = Number.POSITIVE_INFINITY
  for (const [i, row] of table.entries()) {
    const slope = row[entering] as number
    // An artificial variable that stayed at 0 must not grow again.
    const isStuck = (basis[i] as number) >= allowed && Math.abs(slope) > EPSILON
    if (slope <= EPSILON && !isStuck) continue
    const ratio = isStuck ? 0 : (row.at(-1) as number) / slope
    const isFirst = leaving === null || ratio < least - EPSILON
    if (isFirst || (ratio <= least + EPSILON && (basis[i] as number) < (basis[leaving as number] as number))) {
      leaving = i
      least = Math.min(ratio, least)
    }
  }
  return leaving
}

function pivot(table: number[][], basis: number[], leaving: number, entering: number): void {
  const row = table[leaving] as number[]
  const by = row[entering] as number
  for (let column = 0; column < row.length; column++) row[column] = (row[column] as number) / by
  for (const [i, other] of table.entries()) {
    const factor = other[entering] as number
    if (i === leaving || factor === 0) continue
    for (let column = 0; column < row.length; column++) {
      other[column] = (other[column] as number) - factor * (row[column] as number)
    }
  }
  basis[leaving] = entering
}

function reached(table: readonly number[][], basis: readonly number[], objective: readonly number[]): number {
  return table.reduce((sum, row, i) => sum + (objective[basis[i] as number] as number) * (row.at(-1) as number), 0)
}

/** The q-quantile of ascending numbers, linear between the two nearest (Hyndman & Fan 1996, type 7); NaN of none. */
export function quantile(ascending: ArrayLike<number>, q: number): number {
  const place = q * (ascending.length - 1)
  const below = Math.floor(place)
  const lower = ascending[below] ?? Number.NaN
  const upper = ascending[Math.min(below + 1, ascending.length - 1)] ?? Number.NaN
  return lower + (upper - lower) * (place - below)
}

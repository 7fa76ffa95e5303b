/** Probabilities are kept this far from 0 and 1 before a logarithm, so that no statement is infinitely strong. */
const MARGIN = 1e-6

/** Log-odds `ln(p / (1 − p))` of a probability, which is first kept within [1e-6, 1 − 1e-6]. */
export function logit(p: number): number {
  const q = Math.min(Math.max(p, MARGIN), 1 - MARGIN)
  return Math.log(q / (1 - q))
}

/** The probability whose log-odds are `x`; inverse of `logit` within its bounds. */
export function sigmoid(x: number): number {
  return 1 / (1 + Math.exp(-x))
}

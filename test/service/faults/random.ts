/** Uniform in [0, 1). */
export type Random = () => number

/**
 * Random numbers that can be had again: the seed is printed, and taken from `UMPIRE_TEST_SEED` where that is set. They
 * repeat what a test chooses, not how processes interleave. Mulberry32.
 */
export function seededRandom(name: string): Random {
  let state = Number(process.env.UMPIRE_TEST_SEED ?? Math.floor(Math.random() * 2 ** 32))
  process.stderr.write(`${name}: UMPIRE_TEST_SEED=${state}\n`)
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

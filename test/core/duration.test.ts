import fc from 'fast-check'
import { expect, it } from 'vitest'
import { formatDuration } from '../../src/core/duration.ts'
import { parseDuration } from '../../src/core/rules/time.ts'

it.each([
  [0, 'PT0S'],
  [-5, 'PT0S'],
  [1, 'PT0.001S'],
  [90_500, 'PT1M30.5S'],
  [3_600_000, 'PT1H'],
  [86_400_000, 'P1D'],
  [95_400_000, 'P1DT2H30M'],
  [1_234.6, 'PT1.235S'],
])('%d milliseconds are %s', (milliseconds, text) => {
  expect(formatDuration(milliseconds)).toBe(text)
})

it('is read back as it was', () => {
  fc.assert(
    fc.property(fc.nat(10 ** 12), (milliseconds) => {
      expect(parseDuration(formatDuration(milliseconds))).toBeCloseTo(milliseconds, 3)
    }),
  )
})

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { nextAttempt } from '../../src/app/notices/schedule.ts'

const HOUR = 3_600_000
const NOW = Date.parse('2026-11-23T09:00:00Z')

const attempts = fc.integer({ min: 1, max: 200 })
const draw = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true })

describe('the time of the next attempt', () => {
  it('lies anywhere within a wait that doubles from 5 s to an hour', () => {
    fc.assert(
      fc.property(attempts, draw, (attempts, draw) => {
        const wait = nextAttempt(attempts, NOW, draw, null) - NOW
        const longest = Math.min(HOUR, 5_000 * 2 ** (attempts - 1))
        expect(wait).toBeGreaterThanOrEqual(0)
        expect(wait).toBeLessThanOrEqual(longest)
        expect(Math.abs(wait - draw * longest)).toBeLessThanOrEqual(0.5)
      }),
    )
  })

  it('never comes sooner after more attempts', () => {
    fc.assert(
      fc.property(attempts, draw, (attempts, draw) => {
        expect(nextAttempt(attempts + 1, NOW, draw, null)).toBeGreaterThanOrEqual(
          nextAttempt(attempts, NOW, draw, null),
        )
      }),
    )
  })

  it('is no earlier than the target asks, unless that is more than an hour', () => {
    fc.assert(
      fc.property(attempts, draw, fc.nat({ max: 100_000 }), (attempts, draw, seconds) => {
        const next = nextAttempt(attempts, NOW, draw, String(seconds))
        expect(next).toBe(Math.max(nextAttempt(attempts, NOW, draw, null), NOW + Math.min(HOUR, seconds * 1000)))
        const date = new Date(NOW + seconds * 1000).toUTCString()
        expect(nextAttempt(attempts, NOW, draw, date)).toBe(next)
      }),
    )
  })

  it.each(['', 'soon', '-5', '1.5', '2026-11-23', '12/24/2030', '9'.repeat(400), 'Mon, 99 Foo 2026 99:99:99 GMT'])(
    'takes `%s` for nothing, or for an hour at most',
    (retryAfter) => {
      const next = nextAttempt(1, NOW, 0, retryAfter)
      expect([NOW, NOW + HOUR]).toContain(next)
    },
  )

  it('takes a date in the past for nothing', () => {
    expect(nextAttempt(1, NOW, 0, new Date(NOW - HOUR).toUTCString())).toBe(NOW)
  })
})

import { assert, double, integer, property } from 'fast-check'
import { describe, expect, it } from 'vitest'
import { UmpireError, type UmpireErrorCode } from '../../../src/client/error.ts'
import { isWorthRetrying, parseRetryAfter, pauseBefore } from '../../../src/client/retry.ts'

const draws = double({ min: 0, max: 1, maxExcluded: true, noNaN: true })

describe('the pause before another try', () => {
  it('is drawn from nothing to a bound that doubles, up to five seconds', () => {
    const bounds = [1, 2, 3, 4, 5, 6, 7, 8, 2_000].map((retry) => pauseBefore(retry, 1, null))
    expect(bounds).toEqual([100, 200, 400, 800, 1_600, 3_200, 5_000, 5_000, 5_000])
    assert(
      property(integer({ min: 1, max: 2_000 }), draws, (retry, draw) => {
        expect(pauseBefore(retry, draw, null)).toBe(draw * pauseBefore(retry, 1, null))
      }),
    )
  })

  it('is never shorter than the service says', () => {
    assert(
      property(integer({ min: 1, max: 20 }), draws, integer({ min: 0, max: 600_000 }), (retry, draw, told) => {
        const pause = pauseBefore(retry, draw, told)
        expect(pause).toBeGreaterThanOrEqual(told)
        expect(pause - told).toBeLessThan(5_001)
      }),
    )
  })
})

describe('Retry-After', () => {
  const NOW = Date.parse('2026-11-20T09:00:00Z')

  it.each([
    ['0', 0],
    ['7', 7_000],
    [' 120 ', 120_000],
    ['Fri, 20 Nov 2026 09:00:30 GMT', 30_000],
    ['Friday, 20-Nov-26 09:01:00 GMT', 60_000],
    ['Fri, 20 Nov 2026 08:00:00 GMT', 0],
    [null, null],
    ['', null],
    ['-1', null],
    ['1.5', null],
    ['soon', null],
    ['1e3', null],
    ['99999999999999999999', null],
    ['2026-11-20T09:00:30Z', null],
  ])('`%s` is %s ms', (header, milliseconds) => {
    expect(parseRetryAfter(header, NOW)).toBe(milliseconds)
  })
})

describe('a failure', () => {
  const failure = (status: number | null, code: UmpireErrorCode) => new UmpireError('', { status, code, title: '' })

  it.each([
    [null, 'unreachable'],
    [200, 'unreadable'],
    [409, 'idempotency_in_progress'],
    [429, 'rate_limited'],
    [502, 'not_umpire'],
    [503, 'unavailable'],
    [503, 'overloaded'],
    [504, 'not_umpire'],
  ] as const)('%s %s is worth another try, and is no refusal', (status, code) => {
    expect(isWorthRetrying(failure(status, code))).toBe(true)
    expect(failure(status, code).isUnavailable).toBe(true)
  })

  it.each([
    [null, 'timed_out'],
    [408, 'request_timeout'],
    [500, 'internal'],
    [501, 'not_umpire'],
  ] as const)('%s %s is not worth another try, though it is no refusal', (status, code) => {
    expect(isWorthRetrying(failure(status, code))).toBe(false)
    expect(failure(status, code).isUnavailable).toBe(true)
  })

  it.each([
    [301, 'not_umpire'],
    [400, 'invalid_request'],
    [401, 'unauthorized'],
    [403, 'agent_not_allowed'],
    [404, 'not_umpire'],
    [409, 'lease_used'],
    [422, 'idempotency_mismatch'],
  ] as const)('%s %s is a refusal', (status, code) => {
    expect(isWorthRetrying(failure(status, code))).toBe(false)
    expect(failure(status, code).isUnavailable).toBe(false)
  })
})

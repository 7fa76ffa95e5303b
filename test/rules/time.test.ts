import { describe, expect, it } from 'vitest'
import { parseDuration, parseTime } from '../../src/core/rules/time.ts'

const HOUR = 3_600_000

describe('a duration', () => {
  it.each([
    ['PT8H', 8 * HOUR],
    ['P14D', 14 * 24 * HOUR],
    ['P2W', 14 * 24 * HOUR],
    ['P1DT12H', 36 * HOUR],
    ['PT0.5H', HOUR / 2],
    ['PT1H30M15.5S', HOUR * 1.5 + 15_500],
    ['PT0S', 0],
  ])('%s', (text, milliseconds) => {
    expect(parseDuration(text)).toBe(milliseconds)
  })

  it.each(['', 'P', 'PT', 'P1DT', '8h', 'PT8', '-PT8H', 'PT-8H', 'P1.D', 'P1D2W', 'pt8h', 'PT8H ', 'P1..5D'])(
    'is none: "%s"',
    (text) => {
      expect(parseDuration(text)).toMatch(/is no ISO 8601 duration/)
    },
  )

  it.each(['P1Y', 'P1M', 'P1Y2M3D', 'P1MT1H'])('has no years or months: %s', (text) => {
    expect(parseDuration(text)).toMatch(/write days, as in `P30D`/)
  })
})

describe('a time', () => {
  it.each([
    ['2026-11-20', Date.UTC(2026, 10, 20)],
    ['2026-11-20T09:00:00Z', Date.UTC(2026, 10, 20, 9)],
    ['2026-11-20T09:00:00.250Z', Date.UTC(2026, 10, 20, 9, 0, 0, 250)],
    ['2026-11-20T09:00:00+02:00', Date.UTC(2026, 10, 20, 7)],
    ['2028-02-29', Date.UTC(2028, 1, 29)],
  ])('%s', (text, time) => {
    expect(parseTime(text)).toBe(time)
  })

  it.each([
    '',
    'now',
    '2026',
    '2026-11',
    '20.11.2026',
    '2026-13-01',
    '2026-02-29',
    '2026-04-31',
    '2026-02-30T09:00:00Z',
    '2026-11-20T09:00Z',
    '2026-11-20T09:00:00',
    '2026-11-20 09:00:00Z',
    '2026-11-20T25:00:00Z',
    '2026-11-20T09:00:60Z',
    '1732093200',
    '2026-11-20T09:00:00Z ',
  ])('is none: "%s"', (text) => {
    expect(parseTime(text)).toBeNull()
  })
})

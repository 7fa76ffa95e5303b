import { describe, expect, it } from 'vitest'
import { about, age, ago, capitalised, count, moment, money, percent, rough, spoken } from '../../src/core/phrases.ts'

describe('phrases', () => {
  it('speak names', () => {
    expect(spoken('send_expansion_email')).toBe('send expansion email')
    expect(spoken('crisis-desk')).toBe('crisis desk')
    expect(capitalised('wait')).toBe('Wait')
    expect(capitalised('')).toBe('')
  })

  it.each([
    [0, '0 %'],
    [0.004, 'under 1 %'],
    [0.825, '83 %'],
    [0.9949, 'over 99 %'],
    [1, '100 %'],
  ])('call %d %s', (p, text) => {
    expect(percent(p)).toBe(text)
  })

  it.each([
    [0, '$0'],
    [0.004, 'under $0.01'],
    [0.6, '$0.60'],
    [6, '$6'],
    [9.994, '$9.99'],
    [9.996, '$10'],
    [59.14, '$59'],
    [1234.5, '$1,235'],
    [12_345_678, '$12,345,678'],
    [999e12, '$999,000,000,000,000'],
    [1e300, 'over $999 trillion'],
    [Number.POSITIVE_INFINITY, 'over $999 trillion'],
  ])('give %d as %s', (amount, text) => {
    expect(money(amount)).toBe(text)
  })

  it.each([
    [0, 0],
    [0.43, 0.43],
    [0.996, 1],
    [6.36, 6],
    [276.4, 276],
    [999.4, 999],
    [1_234, 1_200],
    [59_412, 59_000],
    [995_000, 1_000_000],
  ])('round %d to %d', (amount, rounded) => {
    expect(rough(amount)).toBe(rounded)
  })

  it('say that a sum is rounded', () => {
    expect(about(59_412)).toBe('about $59,000')
    expect(about(0.43)).toBe('about $0.43')
    expect(about(0.003)).toBe('under $0.01')
    expect(about(999.9e12)).toBe('over $999 trillion')
  })

  it('tell how old and how many', () => {
    expect(age(23.9)).toBe('today')
    expect(age(24)).toBe('one day old')
    expect(age(72)).toBe('three days old')
    expect(age(24 * 14)).toBe('14 days old')
    expect(count(0, 'other')).toBe('no others')
  })

  it('tell when, as exactly as it matters', () => {
    expect([-1, 0, 23.9, 24, 72].map(ago)).toEqual(['today', 'today', 'today', 'one day ago', 'three days ago'])
    const now = Date.UTC(2026, 10, 20, 9)
    expect(moment(Date.UTC(2026, 10, 20, 23, 59, 59), now)).toBe('23:59 UTC')
    expect(moment(Date.UTC(2026, 10, 21), now)).toBe('21 November')
    expect(moment(Date.UTC(2026, 11, 20, 9), now)).toBe('20 December')
    expect(moment(Date.UTC(2027, 10, 20, 9), now)).toBe('20 November 2027')
  })
})

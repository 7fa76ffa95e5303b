import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { addBusinessTime } from '../../src/core/hours.ts'
import type { BusinessHours } from '../../src/core/queues.ts'
import { DAY, HOUR } from './fixtures.ts'

const QUARTER = HOUR / 4

const OFFICE: BusinessHours = {
  zone: 'Europe/Berlin',
  days: [1, 2, 3, 4, 5],
  from: 9 * 60,
  to: 17 * 60,
  holidays: new Set(['2026-12-25']),
}

/** The end of some business time, as an RFC 3339 time in UTC. */
function end(from: string, duration: number, fields: Partial<BusinessHours> = {}): string {
  const result = addBusinessTime(Date.parse(from), duration, { ...OFFICE, ...fields })
  return new Date(result).toISOString().replace(':00.000Z', 'Z')
}

describe('business time', () => {
  it('without hours is plain time', () => {
    expect(addBusinessTime(1000, 8 * HOUR, null)).toBe(1000 + 8 * HOUR)
  })

  it('runs within a day', () => {
    expect(end('2026-11-20T09:00:00Z', 2 * HOUR)).toBe('2026-11-20T11:00Z')
  })

  it('ends at closing time rather than at the next opening', () => {
    expect(end('2026-11-20T12:00:00Z', 4 * HOUR)).toBe('2026-11-20T16:00Z')
  })

  it('goes on after the weekend', () => {
    expect(end('2026-11-20T15:00:00Z', 4 * HOUR)).toBe('2026-11-23T11:00Z')
  })

  it.each([
    ['before opening', '2026-11-20T03:00:00Z', '2026-11-20T09:00Z'],
    ['after closing', '2026-11-19T20:00:00Z', '2026-11-20T09:00Z'],
    ['at closing', '2026-11-19T16:00:00Z', '2026-11-20T09:00Z'],
    ['on a Sunday', '2026-11-22T12:00:00Z', '2026-11-23T09:00Z'],
    ['on a holiday', '2026-12-25T12:00:00Z', '2026-12-28T09:00Z'],
    ['on what is Monday already in the zone', '2026-11-22T23:30:00Z', '2026-11-23T09:00Z'],
  ])('begins at the next opening, %s', (_when, from, ends) => {
    expect(end(from, HOUR)).toBe(ends)
  })

  it('of a day is 24 hours, three days of eight', () => {
    expect(end('2026-11-23T08:00:00Z', DAY)).toBe('2026-11-25T16:00Z')
  })

  it('follows the clocks of the zone over a change', () => {
    expect(end('2026-03-27T15:00:00Z', 2 * HOUR)).toBe('2026-03-30T08:00Z')
    expect(end('2026-10-23T14:00:00Z', 2 * HOUR)).toBe('2026-10-26T09:00Z')
  })

  it('counts what passes, not what clocks show, while they are changed', () => {
    const night = { days: [7], from: 60, to: 4 * 60 }
    // From 1:00 to 4:00 is two hours in March and four in October.
    expect(end('2026-03-28T12:00:00Z', 2 * HOUR, night)).toBe('2026-03-29T02:00Z')
    expect(end('2026-10-24T12:00:00Z', 4 * HOUR, night)).toBe('2026-10-25T03:00Z')
  })

  it('opens when clocks have been put forward over the opening', () => {
    const night = { days: [7], from: 2 * 60 + 30, to: 4 * 60 }
    expect(end('2026-03-28T12:00:00Z', HOUR, night)).toBe('2026-03-29T02:00Z')
  })

  it('opens the first time that clocks show the opening', () => {
    const night = { days: [7], from: 2 * 60 + 30, to: 4 * 60 }
    expect(end('2026-10-24T12:00:00Z', HOUR, night)).toBe('2026-10-25T01:30Z')
  })

  it('runs round the clock where a day ends at 24:00', () => {
    const always = { days: [1, 2, 3, 4, 5, 6, 7], from: 0, to: 1440 }
    expect(end('2026-10-24T12:00:00Z', 3 * DAY, always)).toBe('2026-10-27T12:00Z')
  })

  it('leaves out a date that a zone has skipped', () => {
    // Samoa went from Thursday to Saturday.
    const samoa = { zone: 'Pacific/Apia', holidays: new Set<string>() }
    expect(end('2011-12-30T02:00:00Z', 2 * HOUR, samoa)).toBe('2012-01-01T20:00Z')
  })

  it('is plain time where a calendar has none', () => {
    expect(end('2026-11-20T09:00:00Z', HOUR, { days: [] })).toBe('2026-11-20T10:00Z')
  })

  it('is plain time after three years', () => {
    const result = addBusinessTime(Date.UTC(2026, 0, 1), 100 * 366 * DAY, { ...OFFICE, days: [1] })
    expect(result).toBeGreaterThan(Date.UTC(2126, 0, 1))
    expect(result).toBeLessThan(Date.UTC(2130, 0, 1))
  })
})

const ZONES = ['UTC', 'Europe/Berlin', 'America/New_York', 'Australia/Lord_Howe', 'Asia/Kathmandu', 'America/Sao_Paulo']

/** All in quarters of an hour, so that these can be counted. Clocks change outside of hours, where none comes twice. */
const calendars = fc
  .record({
    zone: fc.constantFrom(...ZONES),
    days: fc.subarray([1, 2, 3, 4, 5, 6, 7], { minLength: 1 }),
    from: fc.integer({ min: 4 * 4, max: 22 * 4 }).map((quarters) => quarters * 15),
    length: fc.integer({ min: 4, max: 10 * 4 }).map((quarters) => quarters * 15),
    holidays: fc.uniqueArray(fc.integer({ min: 0, max: 60 }), { maxLength: 10 }),
  })
  .map(({ zone, days, from, length, holidays }): BusinessHours => {
    const dates = holidays.map((day) => new Date(SPRING + day * DAY).toISOString().slice(0, 10))
    return { zone, days, from, to: Math.min(from + length, 1440), holidays: new Set(dates) }
  })

/** Clocks are put forward or back within the next two months, in both hemispheres. */
const SPRING = Date.UTC(2017, 1, 10)
const instants = fc.integer({ min: 0, max: 60 * 24 * 4 }).map((quarters) => SPRING + quarters * QUARTER)
const durations = fc.integer({ min: 0, max: 30 * 4 }).map((quarters) => quarters * QUARTER)

const weekdays = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun']

const clocks = new Map(
  ZONES.map((timeZone) => {
    const two = '2-digit'
    const date = { weekday: 'short', year: 'numeric', month: two, day: two } as const
    const time = { hour: two, minute: two, hourCycle: 'h23' } as const
    return [timeZone, new Intl.DateTimeFormat('en-US', { timeZone, ...date, ...time })]
  }),
)

/** Whether people work in the quarter that begins at an instant: another way to the same thing. */
function isOpen(instant: number, { zone, days, from, to, holidays }: BusinessHours): boolean {
  const parts = clocks.get(zone)?.formatToParts(instant) ?? []
  const part = (type: string) => parts.find((each) => each.type === type)?.value ?? ''
  const minutes = Number(part('hour')) * 60 + Number(part('minute'))
  const date = `${part('year')}-${part('month')}-${part('day')}`
  const day = weekdays.indexOf(part('weekday')) + 1
  return days.includes(day) && !holidays.has(date) && minutes >= from && minutes < to
}

describe('any business time', () => {
  it('ends no earlier than it begins, in hours or as they end, with all of it between', () => {
    fc.assert(
      fc.property(calendars, instants, durations, (hours, from, duration) => {
        const result = addBusinessTime(from, duration, hours)
        expect(result).toBeGreaterThanOrEqual(from)
        if (duration === 0) return
        expect(isOpen(result - QUARTER, hours)).toBe(true)
        let open = 0
        for (let quarter = from; quarter < result; quarter += QUARTER) if (isOpen(quarter, hours)) open += 1
        expect(open * QUARTER).toBe(duration)
      }),
      { numRuns: 60 },
    )
  })

  it('is as long as its parts one after the other', () => {
    fc.assert(
      fc.property(calendars, instants, durations, durations, (hours, from, first, second) => {
        const whole = addBusinessTime(from, first + second, hours)
        expect(addBusinessTime(addBusinessTime(from, first, hours), second, hours)).toBe(whole)
      }),
    )
  })

  it('ends later the longer it is and the later it begins', () => {
    fc.assert(
      fc.property(calendars, instants, durations, durations, (hours, from, duration, more) => {
        const result = addBusinessTime(from, duration, hours)
        expect(addBusinessTime(from, duration + more, hours)).toBeGreaterThanOrEqual(result)
        expect(addBusinessTime(from + more, duration, hours)).toBeGreaterThanOrEqual(result)
      }),
    )
  })
})

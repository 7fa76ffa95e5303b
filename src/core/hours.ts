import type { BusinessHours } from './queues.ts'

const MINUTE = 60_000
const DAY = 24 * 60 * MINUTE

/** Whoever needs longer has no use for hours: what is left by then runs day and night. */
const LONGEST_DAYS = 3 * 366

/**
 * When a duration of business time is over that begins at `from`; without hours, of plain time. All in milliseconds.
 *
 * Time counts from opening to closing on working days that are no holidays, by the clocks of the zone, whatever they
 * do: a day on which they are put forward across the opening opens when they have been. What begins outside of hours
 * begins when they next do. A calendar that gives too little time within three years is left for plain time.
 */
export function addBusinessTime(from: number, duration: number, hours: BusinessHours | null): number {
  if (hours === null || duration <= 0) return from + Math.max(duration, 0)
  const { zone, days, holidays } = hours
  let left = duration
  let reached = from
  let midnight = Math.floor((from + offsetAt(from, zone)) / DAY) * DAY
  for (const end = midnight + LONGEST_DAYS * DAY; midnight < end; midnight += DAY) {
    const date = new Date(midnight)
    if (!days.includes(date.getUTCDay() || 7) || holidays.has(date.toISOString().slice(0, 10))) continue
    const opening = Math.max(reached, instantOf(midnight + hours.from * MINUTE, zone))
    const closing = instantOf(midnight + hours.to * MINUTE, zone)
    if (closing <= opening) continue
    if (left <= closing - opening) return opening + left
    left -= closing - opening
    reached = closing
  }
  return reached + left
}

/**
 * The first instant at which clocks in the zone show `wall`, a local time written as if it were UTC, or a later one
 * where they skip it.
 */
function instantOf(wall: number, zone: string): number {
  // No zone is more than a day off, and none changes twice within two days.
  const before = offsetAt(wall - DAY, zone)
  const after = offsetAt(wall + DAY, zone)
  if (before === after) return wall - before
  if (offsetAt(wall - before, zone) === before) return wall - before
  if (offsetAt(wall - after, zone) === after) return wall - after
  return changeBetween(wall - after, wall - before, zone)
}

/** The instant at which clocks are put forward. */
function changeBetween(early: number, late: number, zone: string): number {
  const before = offsetAt(early, zone)
  let [unchanged, changed] = [early, late]
  while (changed - unchanged > 1) {
    const middle = Math.floor((unchanged + changed) / 2)
    if (offsetAt(middle, zone) === before) unchanged = middle
    else changed = middle
  }
  return changed
}

const formats = new Map<string, Intl.DateTimeFormat>()

function formatOf(zone: string): Intl.DateTimeFormat {
  const known = formats.get(zone)
  if (known !== undefined) return known
  // Swedes write `2026-12-25 09:00:00`.
  const format = new Intl.DateTimeFormat('sv-SE', { timeZone: zone, dateStyle: 'short', timeStyle: 'medium' })
  formats.set(zone, format)
  return format
}

/** How far clocks in the zone are ahead of UTC, in milliseconds. */
function offsetAt(instant: number, zone: string): number {
  const second = Math.floor(instant / 1000) * 1000
  return Date.parse(`${formatOf(zone).format(second).replace(' ', 'T')}Z`) - second
}

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

/** A length of time (milliseconds) as people say it: `12 min`, `3 h`, `5 d`. */
export function span(milliseconds: number): string {
  const minutes = Math.round(milliseconds / MINUTE)
  if (minutes < 1) return 'under 1 min'
  if (minutes < 60) return `${minutes} min`
  const hours = Math.round(milliseconds / HOUR)
  return hours < 48 ? `${hours} h` : `${Math.round(milliseconds / DAY)} d`
}

/** When something is due: `in 3 h`, `overdue 2 h`. */
export function untilDue(dueAt: string, now: number): string {
  const left = Date.parse(dueAt) - now
  return left > 0 ? `in ${span(left)}` : `overdue ${span(-left)}`
}

/** `2026-11-20 09:00 UTC` */
export function clock(time: string): string {
  return `${time.slice(0, 16).replace('T', ' ')} UTC`
}

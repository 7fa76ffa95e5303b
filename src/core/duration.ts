const MINUTE = 60_000
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

/** Milliseconds as an ISO 8601 duration, to the millisecond: `P1DT2H30M`, `PT0.5S`. What is negative counts as nothing. */
export function formatDuration(milliseconds: number): string {
  const whole = Math.max(0, Math.round(milliseconds))
  const days = Math.floor(whole / DAY)
  const hours = Math.floor((whole % DAY) / HOUR)
  const minutes = Math.floor((whole % HOUR) / MINUTE)
  const seconds = (whole % MINUTE) / 1000
  const date = days > 0 ? `${days}D` : ''
  const time = [hours > 0 && `${hours}H`, minutes > 0 && `${minutes}M`, seconds > 0 && `${seconds}S`].filter(Boolean)
  if (date === '' && time.length === 0) return 'PT0S'
  return `P${date}${time.length > 0 ? 'T' : ''}${time.join('')}`
}

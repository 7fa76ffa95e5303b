const SECOND = 1000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE
export const DAY = 24 * HOUR

const DURATION =
  /^P(?:([\d.]+)Y)?(?:([\d.]+)M)?(?:([\d.]+)W)?(?:([\d.]+)D)?(?:T(?:([\d.]+)H)?(?:([\d.]+)M)?(?:([\d.]+)S)?)?$/
const NUMBER = /^\d+(?:\.\d+)?$/

/**
 * An ISO 8601 duration in milliseconds, weeks to seconds, decimals allowed.
 *
 * Returns what is wrong with it, as text, where it is none. Years and months are refused: they have no fixed length.
 */
export function parseDuration(text: string): number | string {
  const match = DURATION.exec(text)
  const [years, months, ...parts] = match?.slice(1) ?? []
  if (years !== undefined || months !== undefined) {
    return `\`${text}\` has years or months, which have no fixed length; write days, as in \`P30D\``
  }
  const given = parts.filter((part) => part !== undefined)
  if (given.length === 0 || text.endsWith('T') || !given.every((part) => NUMBER.test(part))) {
    return `\`${text}\` is no ISO 8601 duration; write it as in \`P14D\`, \`PT8H\` or \`P1DT12H\``
  }
  const [weeks = 0, days = 0, hours = 0, minutes = 0, seconds = 0] = parts.map((part) => Number(part ?? 0))
  return weeks * 7 * DAY + days * DAY + hours * HOUR + minutes * MINUTE + seconds * SECOND
}

const TIME = /^\d{4}-\d{2}-(\d{2})(?:T\d{2}:\d{2}:\d{2}(?:\.\d+)?(?:Z|[+-]\d{2}:\d{2}))?$/

/** An RFC 3339 date and time, or a date (midnight UTC), in milliseconds since the epoch; null where it is neither. */
export function parseTime(text: string): number | null {
  const match = TIME.exec(text)
  if (match === null) return null
  const time = Date.parse(text)
  if (Number.isNaN(time)) return null
  // Date.parse reads February 30 as March 2.
  if (
    Number(match[1]) > 28 &&
    !new Date(`${text.slice(0, 10)}T00:00:00Z`).toISOString().startsWith(text.slice(0, 10))
  ) {
    return null
  }
  return time
}

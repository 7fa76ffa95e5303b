/** `send_expansion_email` → `send expansion email`. */
export function spoken(name: string): string {
  return name.replace(/[_-]+/g, ' ')
}

export function capitalised(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1)
}

/** `82 %`; what is almost certain is not called certain. */
export function percent(p: number): string {
  if (p > 0.99 && p < 1) return 'over 99 %'
  if (p < 0.01 && p > 0) return 'under 1 %'
  return `${Math.round(p * 100)} %`
}

/** Sums from here on mean nothing to anybody, so they are not spelt out. */
const VAST = 1e15

/** `$12,345`, below ten with cents. */
export function money(amount: number): string {
  if (amount >= VAST) return 'over $999 trillion'
  if (amount > 0 && amount < 0.005) return 'under $0.01'
  if (amount < 9.995 && !Number.isInteger(amount)) return `$${amount.toFixed(2)}`
  const whole = `$${Math.round(amount)}`
  return amount < 999.5 ? whole : whole.replace(/\B(?=(\d{3})+$)/g, ',')
}

/** As people round: 59.14 → 59, 1,234 → 1,200, 59,412 → 59,000; cents stay. */
export function rough(amount: number): number {
  if (amount < 0.995) return amount
  return amount < 1000 ? Math.round(amount) : Number(amount.toPrecision(2))
}

/** `about $59`, `about $1,200`, `under $0.01`. */
export function about(amount: number): string {
  const rounded = rough(amount)
  return rounded < 0.005 || rounded >= VAST ? money(rounded) : `about ${money(rounded)}`
}

/** `today`, `three days old`. */
export function age(hours: number): string {
  const days = Math.floor(hours / 24)
  return days === 0 ? 'today' : `${count(days, 'day')} old`
}

/** `today`, `three days ago`. */
export function ago(hours: number): string {
  const days = Math.floor(hours / 24)
  return days <= 0 ? 'today' : `${count(days, 'day')} ago`
}

/** `27 November`; with the hour on the day itself, `14:05 UTC`, and with the year in another, `3 January 2027`. */
export function moment(at: number, now: number): string {
  const [then, today] = [new Date(at), new Date(now)]
  const date = `${then.getUTCDate()} ${MONTHS[then.getUTCMonth()]}`
  if (then.getUTCFullYear() !== today.getUTCFullYear()) return `${date} ${then.getUTCFullYear()}`
  const isToday = then.getUTCMonth() === today.getUTCMonth() && then.getUTCDate() === today.getUTCDate()
  return isToday ? `${then.toISOString().slice(11, 16)} UTC` : date
}

const MONTHS = [
  'January',
  'February',
  'March',
  'April',
  'May',
  'June',
  'July',
  'August',
  'September',
  'October',
  'November',
  'December',
]

/** `one day`, `three days`, `14 days`. */
export function count(n: number, thing: string): string {
  return `${SMALL_NUMBERS[n] ?? n} ${thing}${n === 1 ? '' : 's'}`
}

const SMALL_NUMBERS = ['no', 'one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight', 'nine', 'ten']

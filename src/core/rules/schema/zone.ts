import { didYouMean } from '../suggest.ts'

/** What is wrong with a name of a time zone; null where nothing is. */
export function zoneProblem(zone: string): string | null {
  // Newer engines take offsets, too, which know no summer time.
  if (/^[A-Za-z]/.test(zone) && isZone(zone)) return null
  const zones = Intl.supportedValuesOf('timeZone')
  const city = zones.find((name) => name.toLowerCase().endsWith(`/${zone.toLowerCase().replaceAll(' ', '_')}`))
  const meant = city === undefined ? didYouMean(zone, zones) : `; did you mean \`${city}\`?`
  return `\`${zone}\` is no time zone${meant || '; write one as in `Europe/Berlin`'}`
}

function isZone(zone: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: zone })
    return true
  } catch {
    return false
  }
}

import type { Estimate } from '../core/stats/bootstrap.ts'

/** Money in the operator's currency, which the report does not know: `0.376`, `12,345`. */
export function amount(value: number): string {
  const digits = Math.abs(value) < 100 ? 3 : 0
  return value.toLocaleString('en-US', { minimumFractionDigits: digits, maximumFractionDigits: digits })
}

/** Whether an amount is shown as zero. */
export function isNothing(value: number): boolean {
  return !/[1-9]/.test(amount(value))
}

/** With its sign, `+0.012`, unless it is shown as zero. */
export function signed(value: number): string {
  const size = amount(Math.abs(value))
  if (isNothing(value)) return size
  return `${value < 0 ? '−' : '+'}${size}`
}

/** With its sign and one digit, `+16.0 points`, unless it is shown as zero. */
export function step(value: number, unit = ''): string {
  const size = Math.abs(value).toFixed(1)
  return size === '0.0' ? '0' : `${value < 0 ? '−' : '+'}${size}${unit}`
}

/** In points of a hundred. */
export const points = (share: number) => step(share * 100, ' points')

export const number = (n: number) => n.toLocaleString('en-US')
export const counted = (n: number, thing: string) => `${number(n)} ${thing}${n === 1 ? '' : 's'}`
export const percent = (p: number) => `${(p * 100).toFixed(1)} %`
export const interval = ({ low, high }: Estimate) => `${amount(low)} to ${amount(high)}`
export const signedInterval = ({ low, high }: Estimate) => `${signed(low)} to ${signed(high)}`

import { createHash, timingSafeEqual } from 'node:crypto'

/** A request to a webhook as it came. */
export interface Posted {
  readonly method: string
  /** The whole URL that whoever sent it called. */
  readonly url: string
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  /** To the byte. */
  readonly body: Buffer
  /** What stands behind the name of the source in the path; null: nothing. */
  readonly pathSecret: string | null
}

/** By what a request is known when it comes again, and for how long that is to be remembered, in milliseconds. */
export interface Once {
  readonly key: string
  readonly keepFor: number
}

/** Whether a request is from whom it says, or why that can't be said: in words for its sender, without secrets. */
export type Authenticated =
  | { readonly ok: true; readonly once: readonly Once[] }
  | { readonly ok: false; readonly reason: string }

/** @param now milliseconds since the epoch */
export type Verify = (posted: Posted, secrets: readonly string[], now: number) => Authenticated

export const refused = (reason: string): Authenticated => ({ ok: false, reason })

/** How far the clocks of sender and receiver may be apart, and how old a request may be. Milliseconds. */
export const TOLERANCE = 5 * 60_000

/** The one value of a header; undefined where it is not there, or there twice. */
export function headerOf({ headers }: Posted, name: string): string | undefined {
  const value = headers[name]
  return typeof value === 'string' ? value : undefined
}

/** Compares in a time that does not depend on where two texts differ, nor on how long the secret one is. */
export function isSame(one: string, other: string): boolean {
  return timingSafeEqual(digest(one), digest(other))
}

/** Whether a text is one of several; all are compared, whichever it is. */
export function isOneOf(text: string, known: readonly string[]): boolean {
  return known.map((one) => isSame(text, one)).includes(true)
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}

/** Whether a time lies too far from now to be taken. All in milliseconds since the epoch. */
export function isStale(time: number, now: number): boolean {
  return !(Math.abs(now - time) <= TOLERANCE)
}

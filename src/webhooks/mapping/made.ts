/** What the expressions of a source make of an event: plain JSON, not looked at yet. */
export type Made =
  | {
      readonly kind: 'made'
      readonly matcher: string
      readonly account: unknown
      /** These are undefined where the matcher has none, or where its expression comes to nothing. */
      readonly aliases?: unknown
      readonly at?: unknown
      readonly facts?: unknown
      readonly signals?: unknown
    }
  | { readonly kind: 'ignored'; readonly matcher: string }
  | Failed

export interface Failed {
  readonly kind: 'failed'
  /** Null: no matcher fits, or it is not known which would. */
  readonly matcher: string | null
  /** What the matcher's `account` came to, where that was known before it failed. */
  readonly account?: unknown
  /** In words, for whoever mends the source. */
  readonly reason: string
}

export const failed = (reason: string, matcher: string | null = null): Failed => ({ kind: 'failed', matcher, reason })

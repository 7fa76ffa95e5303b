/** What a caller may call an account, an agent, a signal or a claim: short, and the same on every screen. */
export const NAME_MAX = 200

/** Neither spaces around it nor anything in it that can't be seen or that turns text around. */
export const NAME_PATTERN = /^(?!\s)[^\p{Cc}\p{Cs}\p{Bidi_Control}\u2028\u2029]*(?<!\s)$/u

export function isName(text: string): boolean {
  return text !== '' && text.length <= NAME_MAX && NAME_PATTERN.test(text)
}

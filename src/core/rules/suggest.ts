/** `; did you mean …?` with the candidate nearest to a word, or nothing where none is near. */
export function didYouMean(word: string, candidates: Iterable<string>, prefix = ''): string {
  const nearest = nearestWord(word, [...candidates])
  return nearest === null ? '' : `; did you mean \`${prefix}${nearest}\`?`
}

/** What was meant, or else what there is: `; did you mean …?` or `; there are …`. */
export function didYouMeanOr(word: string, candidates: Iterable<string>): string {
  const all = [...candidates]
  const meant = didYouMean(word, all)
  if (meant !== '' || all.length === 0 || all.length > 15) return meant
  return all.length === 1 ? `; there is only ${listWords(all, 'and')}` : `; there are ${listWords(all, 'and')}`
}

/** `a`, `b` and `c`. */
export function listWords(words: readonly string[], conjunction: 'and' | 'or'): string {
  const quoted = words.map((word) => `\`${word}\``)
  const last = quoted.pop() ?? ''
  return quoted.length === 0 ? last : `${quoted.join(', ')} ${conjunction} ${last}`
}

function nearestWord(word: string, candidates: readonly string[]): string | null {
  let nearest: string | null = null
  // Short words are near to everything, so they must be nearer.
  let limit = word.length <= 4 ? 1 : word.length <= 7 ? 2 : 3
  for (const candidate of candidates) {
    if (candidate === word || Math.abs(candidate.length - word.length) > limit) continue
    const distance = editDistance(word.toLowerCase(), candidate.toLowerCase())
    if (distance > limit || (nearest !== null && distance === limit)) continue
    nearest = candidate
    limit = distance
  }
  return nearest ?? expansion(word, candidates)
}

/** The one candidate of which the word is the beginning. */
function expansion(word: string, candidates: readonly string[]): string | null {
  const longer = candidates.filter((candidate) => word.length >= 3 && candidate.startsWith(word) && candidate !== word)
  return longer.length === 1 ? (longer[0] ?? null) : null
}

/** Levenshtein 1966, with two neighbours swapped as one edit (optimal string alignment). */
function editDistance(a: string, b: string): number {
  let beforePrevious: number[] = []
  let previous = Array.from({ length: b.length + 1 }, (_, j) => j)
  for (let i = 1; i <= a.length; i++) {
    const current = [i]
    for (let j = 1; j <= b.length; j++) {
      const substituted = at(previous, j - 1) + (a[i - 1] === b[j - 1] ? 0 : 1)
      let least = Math.min(at(previous, j) + 1, at(current, j - 1) + 1, substituted)
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) {
        least = Math.min(least, at(beforePrevious, j - 2) + 1)
      }
      current.push(least)
    }
    beforePrevious = previous
    previous = current
  }
  return at(previous, b.length)
}

function at(row: readonly number[], index: number): number {
  return row[index] ?? Number.POSITIVE_INFINITY
}

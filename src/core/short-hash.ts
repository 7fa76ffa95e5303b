/** As many digits as nobody mixes up: what people are shown of the hash of a ruleset, and may name it by. */
export function shortHash(hash: string): string {
  return hash.replace(/^sha256:/, '').slice(0, 12)
}

/** Uniform 32-bit integers. */
export type Random = () => number

/** Numbers that look random and are the same for the same text, on every machine (generator sfc32, Doty-Humphrey 2010). */
export function randomFrom(text: string): Random {
  let [a, b, c, counter] = seedsOf(text)
  const next = () => {
    const t = (((a + b) | 0) + counter) | 0
    counter = (counter + 1) | 0
    a = b ^ (b >>> 9)
    b = (c + (c << 3)) | 0
    c = (c << 21) | (c >>> 11)
    c = (c + t) | 0
    return t >>> 0
  }
  // What is close in the seeds is far apart after these.
  for (let i = 0; i < 12; i += 1) next()
  return next
}

/** Uniform in [0, 1), the same for the same text. */
export function fractionOf(text: string): number {
  return randomFrom(text)() / 0x100000000
}

/** Four hashes of the text, each FNV-1a over its UTF-16 units from an offset of its own. */
function seedsOf(text: string): [number, number, number, number] {
  const seeds: [number, number, number, number] = [0x811c9dc5, 0x9e3779b9, 0x85ebca6b, 0xc2b2ae35]
  for (let i = 0; i < text.length; i += 1) {
    const unit = text.charCodeAt(i)
    for (let k = 0; k < 4; k += 1) seeds[k] = Math.imul((seeds[k] as number) ^ unit, 0x01000193)
  }
  return seeds
}

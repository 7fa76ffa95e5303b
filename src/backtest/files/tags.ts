import type { FileKind } from '../history.ts'

const KINDS: Readonly<Record<string, FileKind>> = { a: 'accounts', s: 'signals', o: 'outcomes' }

/** What stands before a line once lines of all files lie together: of which it is, and where in it, `s12 `. */
export function tagOf(kind: FileKind, line: number): string {
  return `${kind[0]}${line} `
}

export function untagged(tagged: string): { readonly kind: FileKind; readonly line: number; readonly text: string } {
  const space = tagged.indexOf(' ')
  const kind = KINDS[tagged.charAt(0)] as FileKind
  return { kind, line: Number(tagged.slice(1, space)), text: tagged.slice(space + 1) }
}

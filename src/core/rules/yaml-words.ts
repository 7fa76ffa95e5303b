import type { YAMLError } from 'yaml'

export const QUOTE_HINT = 'if this is an expression, put all of it in single quotes'

/** What the parser says and operators can't be expected to understand, and what to say instead. */
const WORDS: readonly (readonly [RegExp, string])[] = [
  [/^Flow map .*end with a }/, 'a `{` is never closed; add `}`'],
  [/^Flow sequence .*end with a \]/, 'a `[` is never closed; add `]`'],
  [/^Unexpected flow-map-end token/, 'a `}` that nothing opens; remove it'],
  [/^Unexpected flow-seq-end token/, 'a `]` that nothing opens; remove it'],
  [/^Missing closing "quote/, 'a `"` is never closed; add another'],
  [/^Missing closing 'quote/, "a `'` is never closed; add another"],
  [/^Block collections are not allowed within flow/, 'a `:` within a text in braces; put the text in quotes'],
  [
    /^Nested mappings are not allowed in compact/,
    'a second `:` after this; put an expression or text that has a colon in single quotes, or indent the next line less',
  ],
  [/^(?:Implicit keys need|Implicit map keys need)/, 'a line without `:`; write `key: value`, or indent it more'],
  [/^All mapping items must/, 'a line that does not line up, or the line before it lacks its `:`; mend one of them'],
  [/^Sequence item without -/, 'a line that begins too far left; put it under the one that it belongs to'],
  [/^Unexpected block-seq-ind on same line/, 'a list that begins beside its key; begin it on the next line'],
  [/^Unexpected scalar at node end/, `more after a closing quotation mark; ${QUOTE_HINT}`],
]

/** What keeps a file from being YAML, in operators' words. */
export function syntaxMessage({ code, message }: YAMLError): string {
  if (code === 'TAB_AS_INDENT') return 'a tab as indentation; use spaces'
  if (code === 'TAG_RESOLVE_FAILED') return `a value can't start with \`!\`; ${QUOTE_HINT}`
  const [, words] = WORDS.find(([said]) => said.test(message)) ?? []
  if (words !== undefined) return `not YAML: ${words}`
  const isStumble = code === 'BAD_SCALAR_START' || code === 'UNEXPECTED_TOKEN' || code === 'BLOCK_AS_IMPLICIT_KEY'
  return `not YAML: ${message.charAt(0).toLowerCase()}${message.slice(1)}${isStumble ? `; ${QUOTE_HINT}` : ''}`
}

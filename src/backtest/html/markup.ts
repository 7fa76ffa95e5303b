/** Text that is HTML already; everything else is escaped where it enters a page. */
export class Markup {
  readonly text: string
  constructor(text: string) {
    this.text = text
  }
}

/** What a page is made of; null is nothing. */
export type Piece = string | number | null | Markup | readonly Piece[]

/** HTML with its holes filled in: strings are escaped, so that no name of an account or agent is ever taken for markup. */
export function html(strings: TemplateStringsArray, ...pieces: readonly Piece[]): Markup {
  return new Markup(strings.map((text, i) => text + (i < pieces.length ? textOf(pieces[i] as Piece) : '')).join(''))
}

function textOf(piece: Piece): string {
  if (piece === null) return ''
  if (piece instanceof Markup) return piece.text
  if (typeof piece === 'object') return piece.map(textOf).join('')
  return escaped(String(piece))
}

/** Control and bidirectional characters, which make text look like other text, and halves of characters, become U+FFFD. */
function escaped(text: string): string {
  return text.replace(MISLEADING, '\ufffd').replace(/[&<>"']/g, (character) => ENTITIES[character] as string)
}
const MISLEADING = /(?![\n\t])[\p{Cc}\p{Cs}\p{Bidi_Control}]/gu
const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

/** A sentence in which names stand in backticks. */
export function prose(text: string): Markup {
  return html`${text.split('`').map((part, i) => (i % 2 === 0 ? part : html`<code>${part}</code>`))}`
}

export interface Column {
  readonly head: Piece
  readonly kind?: 'text' | 'number'
}

/** A table that scrolls by itself where the page is too narrow; each row begins with its heading. */
export function table(caption: string, columns: readonly Column[], rows: readonly (readonly Piece[])[]): Markup {
  const kind = (c: number) => (columns[c]?.kind === 'number' ? html` class="number"` : null)
  return scrolling(
    caption,
    html`<table>
<caption><span>${caption}</span></caption>
<thead><tr>${columns.map(({ head }, c) => html`<th scope="col"${kind(c)}>${head}</th>`)}</tr></thead>
<tbody>
${rows.map(([first = null, ...rest]) => html`<tr><th scope="row">${first}</th>${rest.map((cell, c) => html`<td${kind(c + 1)}>${cell}</td>`)}</tr>\n`)}</tbody>
</table>`,
  )
}

/** Can be reached and scrolled with the keyboard. */
export function scrolling(label: string, content: Markup): Markup {
  return html`<div class="scroll" role="region" aria-label="${label}" tabindex="0">${content}</div>\n`
}

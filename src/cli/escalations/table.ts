import { money, spoken } from '../../core/phrases.ts'
import { type Column, paints, type Terminal, table } from '../terminal.ts'
import { shortIds } from './ids.ts'
import { answerOf, type Item, questionOf } from './item.ts'
import { untilDue } from './time.ts'

/** From this many columns on, queue and question have one of their own. */
const WIDE = 100
const HOUR = 3_600_000

/** A column and what it shows of an item. */
interface Shown extends Column {
  readonly of: (item: Item) => string
}

/**
 * What waits for people, in the order given. Priority and queue are shown where they tell items apart; where there is
 * little room, queue and question stand below their neighbours.
 */
export function renderWaiting(items: readonly Item[], now: number, terminal: Terminal): string {
  const { bold, red, yellow } = paints(terminal)
  const short = shortIds(items.map(({ id }) => id))
  const due = ({ dueAt }: Item) => {
    const left = Date.parse(dueAt) - now
    const text = untilDue(dueAt, now)
    return left <= 0 ? red(text) : left < HOUR ? yellow(text) : text
  }
  const ranked = items.some(({ priority }) => priority !== 0)
  const queued = new Set(items.map(({ queue }) => queue)).size > 1
  const isWide = terminal.width >= WIDE
  const arrange = (left: Shown, right: Shown) => (isWide ? [left, right] : [stacked(left, right)])
  const columns: readonly Shown[] = [
    { head: 'id', of: ({ id }) => bold(short.get(id) as string) },
    ...(ranked ? [{ head: 'prio', align: 'right' as const, of: ({ priority }: Item) => `${priority || ''}` }] : []),
    ...(queued ? arrange({ head: 'due', of: due }, QUEUE) : [{ head: 'due', of: due }]),
    ...arrange(ACCOUNT, QUESTION),
    { head: 'regret', align: 'right', of: ({ regret }) => (regret === null ? 'hidden' : money(regret)) },
    { head: 'recommends', flexible: true, of: recommended },
    { head: 'who', flexible: true, least: 8, of: whose },
  ]
  return shown(items, columns, terminal)
}

/** What is over. Its ids are whole: endings name only what waits. */
export function renderClosed(items: readonly Item[], terminal: Terminal): string {
  const columns: readonly Shown[] = [
    { head: 'id', of: ({ id }) => id },
    stacked(ACCOUNT, QUESTION),
    { head: 'answer', flexible: true, of: answerOf },
    { head: 'reason, by', flexible: true, of: ({ resolution }) => lines(resolution?.reason, resolution?.by) },
  ]
  return shown(items, columns, terminal)
}

const QUEUE: Shown = { head: 'queue', flexible: true, least: 6, of: ({ queue }) => queue }
/** An item about what could not be evaluated is about no account. */
const ACCOUNT: Shown = { head: 'account', flexible: true, of: ({ rule, account }) => (rule === null ? account : '') }
const QUESTION: Shown = { head: 'question', flexible: true, least: 18, of: questionOf }

function stacked(above: Shown, below: Shown): Shown {
  return {
    head: `${above.head}, ${below.head}`,
    flexible: Boolean(above.flexible && below.flexible),
    least: Math.max(above.least ?? 0, below.least ?? 0),
    of: (item) => lines(above.of(item), below.of(item)),
  }
}

function lines(...texts: readonly (string | undefined)[]): string {
  return texts.filter(Boolean).join('\n')
}

function shown(items: readonly Item[], columns: readonly Shown[], terminal: Terminal): string {
  const rows = items.map((item) => columns.map(({ of }) => of(item)))
  return table(columns, rows, terminal)
}

function recommended({ rule, blind, recommended: action }: Item): string {
  if (rule !== null) return ''
  if (blind) return 'hidden'
  return action === null ? 'nothing' : spoken(action)
}

/** Who holds it, or else who should take it. */
function whose({ claimedBy, assignee }: Item): string {
  return claimedBy ?? (assignee === null ? '' : `for ${assignee}`)
}

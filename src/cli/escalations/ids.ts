import type { Client } from '../client.ts'
import { CommandError } from '../failure.ts'
import { type Item, readItems } from './item.ts'

/**
 * Escalations are named by the end of their ids, or by their account where one decision about it waits.
 *
 * Ids are UUIDs of version 7 (RFC 9562): they begin with the time of their making, so that items of the same hour begin
 * alike, and end at random.
 */
const SHORT = 8

const WHOLE = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i
/** Less would too often mean another item tomorrow. */
const ENDING = /^[0-9a-f-]{4,35}$/i

/** The last eight characters of each id; more, where two of these items would be called the same. */
export function shortIds(ids: readonly string[]): ReadonlyMap<string, string> {
  for (let length = SHORT; ; length += 4) {
    const short = new Map(ids.map((id) => [id, id.replaceAll('-', '').slice(-length)]))
    if (length >= 32 || new Set(short.values()).size === short.size) return short
  }
}

export function shortId(id: string): string {
  return shortIds([id]).get(id) as string
}

/** Whether the item is the one, or one of those, that `name` means. */
export function isMeant({ id }: Pick<Item, 'id'>, name: string): boolean {
  const ending = name.replaceAll('-', '').toLowerCase()
  return ENDING.test(name) && id.replaceAll('-', '').endsWith(ending)
}

/**
 * The id of the escalation that somebody means: a whole id, or, of those that wait for a person, the end of one or the
 * name of an account.
 *
 * @throws CommandError where that is none, or several
 */
export async function findId(client: Client, name: string): Promise<string> {
  if (WHOLE.test(name)) return name.toLowerCase()
  const found = new Map<string, Item>()
  for (const status of ['open', 'claimed'] as const) {
    for await (const item of readItems(client, { status, account: name })) found.set(item.id, item)
    if (!ENDING.test(name)) continue
    for (const kind of ['decision', 'sample'] as const) {
      for await (const item of readItems(client, { status, kind })) if (isMeant(item, name)) found.set(item.id, item)
    }
  }
  return theOne(name, [...found.values()])
}

/** @throws CommandError where there is none, or where there are several */
export function theOne(name: string, found: readonly Item[]): string {
  const [first, ...others] = found
  if (first === undefined) {
    throw new CommandError(
      `no escalation that waits for a person ends with \`${name}\` or is about such an account; ` +
        'see `umpire escalations list`, or give the whole id of one that is over',
    )
  }
  if (others.length === 0) return first.id
  const short = shortIds(found.map(({ id }) => id))
  const shown = found.slice(0, SHOWN).map(({ id, account, decision }) => `${short.get(id)} (${account}, ${decision})`)
  const more = found.length > SHOWN ? ` and ${found.length - SHOWN} more` : ''
  throw new CommandError(`\`${name}\` may be ${shown.join(', ')}${more}; give more of the id`)
}
const SHOWN = 5

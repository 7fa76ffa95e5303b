import type { Transaction } from 'kysely'
import { type Break, flaw, type Place, parsed, readEntries, readTrail, type StoredEntry } from '../storage/audit.ts'
import { GENESIS, type Head } from '../storage/chain.ts'
import type { Database } from '../storage/database.ts'
import { KeyRing } from '../storage/key-ring.ts'
import { firstUnrecorded } from '../storage/strays.ts'
import { firstUnlike } from '../storage/verify.ts'
import { type App, type Paged, paged } from './app.ts'
import { damaged, Problem } from './problem.ts'

/**
 * Entries of one stream, oldest first; `payload` is null where it has been erased. A stream that nobody has written to
 * has none.
 * @throws Problem `damaged`
 */
export async function listAudit(
  app: App,
  {
    stream,
    after = 0,
    limit,
  }: { readonly stream: string; readonly after?: number | undefined; readonly limit: number },
): Promise<Paged<object>> {
  const rows = await readEntries(app.db, stream, after, limit + 1)
  return paged(
    rows,
    limit,
    (entry) => ({
      stream: entry.stream,
      sequence: entry.sequence,
      kind: entry.kind,
      at: entry.at.toISOString(),
      payload: payloadOf(entry),
      salt: entry.salt,
      redacted: entry.payload === null,
      digest: entry.digest,
      hash: entry.hash,
    }),
    (entry) => String(entry.sequence),
  )
}

/** @throws Problem `damaged` */
function payloadOf({ stream, sequence, payload }: StoredEntry): object | null {
  if (payload === null) return null
  const value = parsed(payload)
  if (!value) throw damaged(stream, sequence, 'the payload is not JSON of what was recorded')
  return value
}

export type Verification =
  | { readonly ok: true; readonly entries: number; readonly streams: number; readonly redacted: number }
  | ({ readonly ok: false; readonly entries: number } & Break)

/**
 * Recomputes every hash of one stream, or of all, and holds the tables that answers are made from against what the
 * entries say. Stops at the first that is not right.
 * @param onPage called now and then, with how many entries were right so far
 * @throws Problem `not_found` where neither the trail nor any table knows the stream
 */
export async function verifyAudit(
  app: Pick<App, 'db'>,
  { stream }: { readonly stream?: string | undefined },
  onPage: (entries: number) => void = () => {},
): Promise<Verification> {
  // One snapshot: what is written meanwhile is neither missing nor too much.
  const transaction = app.db.transaction().setIsolationLevel('repeatable read').setAccessMode('read only')
  const found = await transaction.execute((trx) => verify(trx, stream, onPage))
  if (stream !== undefined && found.ok && found.entries === 0) {
    throw new Problem('not_found', `there is no stream \`${stream}\`; streams are named as in account:acme`)
  }
  return found
}

async function verify(
  trx: Transaction<Database>,
  stream: string | undefined,
  onPage: (entries: number) => void,
): Promise<Verification> {
  const keys = new KeyRing()
  let [entries, redacted, streams] = [0, 0, 0]
  let last: Head & Place = { stream: stream ?? '', ...GENESIS }
  for (;;) {
    const page = await readTrail(trx, stream, last, PAGE)
    const { sound, broken } = soundPart(page, last)
    const unlike = (await firstUnlike(trx, sound)) ?? broken
    if (unlike) return { ok: false, entries: entries + before(sound, unlike), ...unlike }
    for (const entry of sound) {
      if (entry.sequence === 1) streams++
      if (entry.payload === null) redacted++
      if (entry.stream === KEYS) keys.add(entry)
    }
    entries += sound.length
    onPage(entries)
    if (page.length < PAGE) break
    last = page.at(-1)!
  }
  const stray =
    (await firstUnrecorded(trx, stream)) ??
    (stream === undefined || stream === KEYS ? await keys.firstUnlike(trx) : null)
  return stray ? { ok: false, entries, ...stray } : { ok: true, entries, streams, redacted }
}

const PAGE = 2000
const KEYS = 'keys'

/** The entries up to the first that does not follow the one before it. */
function soundPart(
  page: readonly StoredEntry[],
  last: Head & Place,
): { readonly sound: readonly StoredEntry[]; readonly broken: Break | null } {
  let before = last
  for (const [i, entry] of page.entries()) {
    const head = entry.stream === before.stream ? before : GENESIS
    const reason = flaw(head, entry)
    if (reason) {
      return { sound: page.slice(0, i), broken: { stream: entry.stream, sequence: head.sequence + 1, reason } }
    }
    before = entry
  }
  return { sound: page, broken: null }
}

function before(entries: readonly Place[], { stream, sequence }: Place): number {
  const i = entries.findIndex((entry) => entry.stream === stream && entry.sequence === sequence)
  return i === -1 ? entries.length : i
}

import { type Break, readEntries, readStreams, verifyStream } from '../storage/audit.ts'
import { type App, type Paged, paged } from './app.ts'

/** Entries of one stream, oldest first; `payload` is null where it has been erased. */
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
      payload: entry.payload === null ? null : JSON.parse(entry.payload),
      salt: entry.salt,
      redacted: entry.payload === null,
      digest: entry.digest,
      hash: entry.hash,
    }),
    (entry) => String(entry.sequence),
  )
}

export type Verification =
  | { readonly ok: true; readonly entries: number; readonly streams: number; readonly redacted: number }
  | ({ readonly ok: false; readonly entries: number } & Break)

/**
 * Recomputes every hash of one stream, or of all, and stops at the first that is not right.
 * @param onStream called after each stream, with its name and the entries seen so far
 */
export async function verifyAudit(
  app: Pick<App, 'db'>,
  { stream }: { readonly stream?: string | undefined },
  onStream: (stream: string, entries: number) => void = () => {},
): Promise<Verification> {
  let entries = 0
  let redacted = 0
  let streams = 0
  for await (const name of stream === undefined ? allStreams(app) : [stream]) {
    const check = await verifyStream(app.db, name)
    entries += check.entries
    redacted += check.redacted
    streams++
    if (check.broken) return { ok: false, entries, ...check.broken }
    onStream(name, entries)
  }
  return { ok: true, entries, streams, redacted }
}

const PAGE = 1000

async function* allStreams({ db }: Pick<App, 'db'>): AsyncGenerator<string> {
  for (let after = ''; ; ) {
    const streams = await readStreams(db, after, PAGE)
    yield* streams
    if (streams.length < PAGE) return
    after = streams.at(-1)!
  }
}

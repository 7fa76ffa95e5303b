import { randomUUID } from 'node:crypto'
import pg from 'pg'
import { afterAll, describe, expect, it } from 'vitest'
import {
  BEGINNING,
  deleteEvents,
  isAfter,
  mendPositions,
  moveCursor,
  type Position,
  readCursor,
  readEvents,
  readHorizon,
} from '../../../src/storage/events.ts'
import { connect } from '../../../src/storage/open.ts'
import { createTestDatabase, execute } from '../database.ts'

const { url } = await createTestDatabase()
const store = connect({ connectionString: url }, { connections: 4, onError: () => {} })
const { db } = store
afterAll(() => store.close())
const adjudication = randomUUID()
await execute(url, "INSERT INTO adjudications VALUES ('acme', 'd', 1, $1, 'act')", [adjudication])

const INSERT = `INSERT INTO events (account_id, type, at, sequence, adjudication_id, body)
  VALUES ($1, 'lease.revoked', $2, 1, $3, '{}') RETURNING id`

/** A transaction that ends when it is told to. @param at the database that it is in */
async function begin(at = url) {
  const client = new pg.Client({ connectionString: at })
  await client.connect()
  await client.query('BEGIN')
  return {
    /** Begins to count as one that writes, and is about to write events. */
    async number() {
      await client.query('LOCK TABLE events IN ROW EXCLUSIVE MODE')
      await client.query('SELECT pg_current_xact_id()')
    },
    /** Writes something else. */
    writeOther: () => client.query('CREATE TABLE other ()'),
    async write(account: string, at = new Date()): Promise<number> {
      const { rows } = await client.query(INSERT, [account, at, adjudication])
      return Number(rows[0].id)
    },
    async end(how: 'COMMIT' | 'ROLLBACK' = 'COMMIT') {
      await client.query(how)
      await client.end()
    },
  }
}

const subscribe = () =>
  execute(
    url,
    `INSERT INTO subscriptions (id, url, events, secret, created_by, created_at)
     VALUES (gen_random_uuid(), 'https://crm.example.com', '{}', 'whsec_', 'admin', now())`,
  )

async function read(after: Position) {
  const { position, newest } = await readHorizon(db)
  const { events, next } = await readEvents(db, after, position, 100)
  return { accounts: events.map(({ account }) => account), next, isHeld: isAfter(newest, position) }
}

const end = async () => (await read(BEGINNING)).next

describe('events', () => {
  it('that are committed wait for transactions that began before', async () => {
    const start = await end()
    const [early, late] = [await begin(), await begin()]
    await early.write('early')
    await late.write('late')
    await late.end()
    const meanwhile = await read(start)
    expect(meanwhile).toMatchObject({ accounts: [], isHeld: true })
    await early.end()
    expect(await read(meanwhile.next)).toMatchObject({ accounts: ['early', 'late'], isHeld: false })
  })

  it('are not missed though their ids are smaller than those that were read before', async () => {
    const start = await end()
    const [first, second] = [await begin(), await begin()]
    await first.number()
    await second.number()
    const smaller = await second.write('second')
    const larger = await first.write('first')
    expect(smaller).toBeLessThan(larger)
    await first.end()
    const before = await read(start)
    expect(before).toMatchObject({ accounts: ['first'] })
    await second.end()
    expect(await read(before.next)).toMatchObject({ accounts: ['second'] })
  })

  it('wait for nobody who writes anything else, here or in another database of the server', async () => {
    const other = await createTestDatabase()
    const start = await end()
    const [here, elsewhere, good] = [await begin(), await begin(other.url), await begin()]
    await here.writeOther()
    await elsewhere.write('elsewhere')
    await good.write('good')
    await good.end()
    expect(await read(start)).toMatchObject({ accounts: ['good'], isHeld: false })
    await Promise.all([here.end('ROLLBACK'), elsewhere.end()])
  })

  it('are gone on from where one was, which no crash of the server takes back', async () => {
    const transaction = await begin()
    await transaction.write('last')
    await transaction.end()
    await execute(url, 'SELECT pg_current_xact_id()')
    const { position, newest } = await readHorizon(db)
    expect(newest).toEqual(position)
    const { events } = await readEvents(db, BEGINNING, position, 1_000)
    expect(events.at(-1)!.position).toEqual(position)
    expect(position.id).toBeGreaterThan(0)
  })

  it('of a transaction that fails hold up nobody, and are none', async () => {
    const start = await end()
    const [failing, good] = [await begin(), await begin()]
    await failing.write('never')
    await good.write('good')
    await good.end()
    await failing.end('ROLLBACK')
    expect(await read(start)).toMatchObject({ accounts: ['good'], isHeld: false })
  })

  it('are each read once by whoever follows while many write, an account in its order', async () => {
    let next = await end()
    const seen: string[] = []
    let isWriting = true
    const writers = Promise.all(
      [0, 1, 2, 3].map(async (writer) => {
        for (let n = 0; n < 60; n++) {
          const transaction = await begin()
          if (n % 3 === writer % 3) await transaction.number()
          await transaction.write(`${writer}-${n}-a`)
          await transaction.write(`${writer}-${n}-b`)
          await transaction.end(n % 7 === 6 ? 'ROLLBACK' : 'COMMIT')
        }
      }),
    ).finally(() => {
      isWriting = false
    })
    for (let isLast = false; !isLast; ) {
      const wasWriting = isWriting
      const page = await read(next)
      isLast = !wasWriting && !page.isHeld
      seen.push(...page.accounts)
      next = page.next
    }
    await writers
    const kept = Array.from({ length: 60 }, (_, n) => n).filter((n) => n % 7 !== 6)
    for (const writer of [0, 1, 2, 3]) {
      expect(seen.filter((account) => account.startsWith(`${writer}-`))).toEqual(
        kept.flatMap((n) => [`${writer}-${n}-a`, `${writer}-${n}-b`]),
      )
    }
    expect(new Set(seen).size).toBe(seen.length)
  })
})

describe('old events', () => {
  it('are deleted a few at a time, once subscriptions are done with them', async () => {
    await execute(url, 'DELETE FROM events')
    const [old, fresh] = [new Date('2026-11-20T09:00:00Z'), new Date('2026-11-21T09:00:00Z')]
    for (const at of [old, old, old, fresh]) {
      const transaction = await begin()
      await transaction.write('acme', at)
      await transaction.end()
    }
    await subscribe()
    await end()
    const { position } = await readHorizon(db)
    const { events: all } = await readEvents(db, BEGINNING, position, 10)
    expect(await deleteEvents(db, old.getTime(), 10)).toBe(0)
    await moveCursor(db, 'subscriptions', all[1]!.position)
    expect(await deleteEvents(db, old.getTime(), 10)).toBe(2)
    expect(await readCursor(db, 'swept')).toEqual(all[1]!.position)
    await moveCursor(db, 'subscriptions', all[3]!.position)
    expect(await deleteEvents(db, old.getTime() - 1, 10)).toBe(0)
    expect(await deleteEvents(db, old.getTime(), 1)).toBe(1)
    expect(await deleteEvents(db, old.getTime(), 1)).toBe(0)
    expect(await readCursor(db, 'swept')).toEqual(all[2]!.position)
    const { events: left } = await readEvents(db, BEGINNING, position, 10)
    expect(left.map(({ at }) => at)).toEqual([fresh])
    await execute(url, 'DELETE FROM subscriptions')
    await moveCursor(db, 'subscriptions', BEGINNING)
    expect(await deleteEvents(db, fresh.getTime(), 10)).toBe(1)
  })
})

describe('a database that was restored on another server', () => {
  it('has its events read, after what was read before', async () => {
    await execute(url, 'DELETE FROM events')
    const transaction = await begin()
    await transaction.write('read')
    await transaction.write('unread')
    await transaction.end()
    await execute(url, "UPDATE events SET xid = '99999999'")
    const [first] = await execute<{ id: string }>(url, 'SELECT id FROM events ORDER BY id')
    await execute(url, "UPDATE event_cursors SET xid = '99999999', id = $1 WHERE name = 'subscriptions'", [first!.id])
    expect((await read(BEGINNING)).accounts).toEqual([])
    await mendPositions(db)
    const mended = await readCursor(db, 'subscriptions')
    expect(await read(mended)).toMatchObject({ accounts: ['unread'] })
    await mendPositions(db)
    expect(await readCursor(db, 'subscriptions')).toEqual(mended)
    expect(isAfter({ xid: 99999999, id: 0 }, mended)).toBe(true)
  })
})

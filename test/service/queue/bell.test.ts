import pg from 'pg'
import { afterAll, expect, it } from 'vitest'
import { type Bell, createBell, createListener } from '../../../src/storage/bell.ts'
import { createTestDatabase, execute } from '../database.ts'
import { eventually } from './eventually.ts'

const { url, connection } = await createTestDatabase()
const pool = new pg.Pool({ ...connection, max: 2 })
const bells: Bell[] = []
const broken: string[] = []
afterAll(async () => {
  for (const bell of bells) await bell.close()
  await pool.end()
})

function hang(notify: (sql: string) => Promise<unknown> = (sql) => pool.query(sql)): Bell {
  const bell = createBell({
    notify,
    connect: () => createListener(connection),
    onError: ({ message }) => broken.push(message),
  })
  bells.push(bell)
  return bell
}

const listening = () =>
  execute<{ pid: number }>(
    url,
    `SELECT pid FROM pg_stat_activity
     WHERE datname = current_database() AND application_name = 'umpire bell' AND query LIKE '%LISTEN%' AND state = 'idle'`,
  )

it('rings in every process, and for nobody who has stopped listening', async () => {
  const [one, other] = [hang(), hang()]
  const heard = { one: 0, other: 0, stopped: 0 }
  one.onRing(() => heard.one++)
  other.onRing(() => heard.other++)
  other.onRing(() => heard.stopped++)()
  // Whoever begins to listen looks once.
  await eventually(() => heard.one === 1 && heard.other === 1)
  one.ring()
  await eventually(() => heard.one === 2 && heard.other === 2)
  expect(heard.stopped).toBe(0)
})

it('needs no connection while nobody listens', async () => {
  const before = (await listening()).length
  const bell = hang()
  bell.ring()
  const stop = bell.onRing(() => {})
  await eventually(async () => (await listening()).length === before + 1)
  stop()
})

it('rings once for what comes close together, and again for what came while it rang', async () => {
  const sent: (() => void)[] = []
  const bell = hang(() => new Promise<void>((resolve) => sent.push(resolve)))
  for (let i = 0; i < 100; i++) bell.ring()
  expect(sent).toHaveLength(1)
  for (let i = 0; i < 100; i++) bell.ring()
  sent[0]!()
  await eventually(() => sent.length === 2)
  sent[1]!()
  await bell.close()
  expect(sent).toHaveLength(2)
})

it('swallows what goes wrong when it rings, and rings again', async () => {
  let calls = 0
  const bell = hang(() => Promise.reject(new Error(`no ${++calls}`)))
  bell.ring()
  await eventually(() => calls === 1)
  bell.ring()
  await eventually(() => calls === 2)
})

it('listens again after its connection broke, tells it once, and looks for what it missed', async () => {
  const bell = hang()
  let heard = 0
  bell.onRing(() => heard++)
  await eventually(() => heard === 1)
  broken.length = 0
  const pids = (await listening()).map(({ pid }) => pid)
  await execute(url, 'SELECT pg_terminate_backend(pid) FROM unnest($1::int[]) AS pid', [pids])
  await eventually(() => heard === 2)
  await eventually(async () => (await listening()).length === pids.length)
  expect(broken).toHaveLength(pids.length)
  bell.ring()
  await eventually(() => heard > 2)
})

it('is silent once closed', async () => {
  const bell = hang()
  bell.onRing(() => {})
  await bell.close()
  const before = (await listening()).length
  bell.onRing(() => expect.unreachable())
  bell.ring()
  expect((await listening()).length).toBeLessThanOrEqual(before)
})

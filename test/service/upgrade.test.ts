import { randomUUID } from 'node:crypto'
import { Kysely, PostgresDialect } from 'kysely'
import pg from 'pg'
import { afterAll, expect, inject, it } from 'vitest'
import { up as initial } from '../../migrations/0001_initial.ts'
import { up as escalations } from '../../migrations/0002_escalations.ts'
import { databaseUrl, execute } from './database.ts'

const server = inject('postgresUrl')
const name = `upgraded_${randomUUID().replaceAll('-', '')}`
await execute(server, `CREATE DATABASE ${name}`)
const url = databaseUrl(server, name)
const db = new Kysely<unknown>({ dialect: new PostgresDialect({ pool: new pg.Pool({ connectionString: url }) }) })
afterAll(async () => {
  await db.destroy()
  await execute(server, `DROP DATABASE ${name} WITH (FORCE)`)
})

it('gives escalations of before a clock, unless they are samples, and the step that opened them', async () => {
  await initial(db)
  for (const kind of ['decision', 'sample']) {
    await execute(
      url,
      `WITH asked AS (
         INSERT INTO adjudications (account_id, decision, sequence, id, disposition)
         VALUES ($1, 'd', 7, gen_random_uuid(), 'escalate') RETURNING id
       )
       INSERT INTO escalations (id, account_id, decision, adjudication_id, kind, queue, priority, regret, due_at, created_at)
       SELECT gen_random_uuid(), $1, 'd', id, $1, 'csm', 0, 1, now(), now() FROM asked`,
      [kind],
    )
  }
  await escalations(db)
  const rows = await execute(
    url,
    `SELECT kind, tick_at = due_at AS ticks, opened_by = adjudication_id AS is_opened, stream, sequence::int
     FROM escalations e JOIN escalation_steps s ON s.escalation_id = e.id ORDER BY kind`,
  )
  expect(rows).toEqual([
    { kind: 'decision', ticks: true, is_opened: true, stream: 'account:decision', sequence: 7 },
    { kind: 'sample', ticks: null, is_opened: true, stream: 'account:sample', sequence: 7 },
  ])
})

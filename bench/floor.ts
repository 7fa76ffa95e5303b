import Fastify from 'fastify'
import pg from 'pg'

/**
 * The yardstick of the HTTP figures: what Fastify and PostgreSQL cost when nothing is decided. Each request awaits the
 * insert of an answer's JSON and is sent that JSON. `/batched` gathers the same inserts into one statement per flush.
 */
const answer = process.env.ANSWER!
const pool = new pg.Pool({ connectionString: process.env.DATABASE_URL!, max: 16 })
await pool.query('CREATE TABLE IF NOT EXISTS floor (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, body text)')

const app = Fastify()
app.get('/readyz', async () => 'ok')

app.post('/plain', async (_request, reply) => {
  await pool.query({ name: 'one', text: 'INSERT INTO floor (body) VALUES ($1)', values: [answer] })
  return reply.code(201).type('application/json').send(answer)
})

let waiting: { resolve: () => void; reject: (error: unknown) => void }[] = []
let flushing = false

async function flush(): Promise<void> {
  while (waiting.length > 0) {
    const batch = waiting
    waiting = []
    const rows = batch.map((_, i) => `($${i + 1})`).join()
    try {
      const text = `INSERT INTO floor (body) VALUES ${rows}`
      await pool.query({ name: `many${batch.length}`, text, values: batch.map(() => answer) })
      for (const { resolve } of batch) resolve()
    } catch (error) {
      for (const { reject } of batch) reject(error)
    }
  }
  flushing = false
}

app.post('/batched', async (_request, reply) => {
  await new Promise<void>((resolve, reject) => {
    waiting.push({ resolve, reject })
    if (flushing) return
    flushing = true
    setImmediate(flush)
  })
  return reply.code(201).type('application/json').send(answer)
})

/** The yardstick of the signals figure: the rows of a batch under the keys by which they are found, in one statement. */
await pool.query(`CREATE TABLE IF NOT EXISTS floor_signals (
  account_id text COLLATE "C", agent text COLLATE "C", id text COLLATE "C", claim text, confidence double precision,
  observed_at timestamptz, body text, PRIMARY KEY (account_id, agent, id))`)
await pool.query('CREATE INDEX IF NOT EXISTS floor_signals_account ON floor_signals (account_id, agent)')

app.post('/signals', async (request, reply) => {
  const { signals } = request.body as { signals: Record<string, unknown>[] }
  const rows = signals.map((_, i) => `(${[1, 2, 3, 4, 5, 6, 7].map((c) => `$${i * 7 + c}`).join()})`).join()
  await pool.query({
    name: `signals${signals.length}`,
    text: `INSERT INTO floor_signals (account_id, agent, id, claim, confidence, observed_at, body) VALUES ${rows}`,
    values: signals.flatMap((s) => [s.account, s.agent, s.id, s.claim, s.confidence, s.observedAt, JSON.stringify(s)]),
  })
  return reply.code(202).send({ accepted: signals.length })
})

/** The yardstick of the checks figure: a row is looked up by its key. */
await pool.query('CREATE TABLE IF NOT EXISTS floor_rows (key integer PRIMARY KEY, body text)')
await pool.query(
  `INSERT INTO floor_rows SELECT key, repeat('x', 200) FROM generate_series(0, 999) key ON CONFLICT DO NOTHING`,
)

app.post('/lookup', async (request, reply) => {
  const { key } = request.body as { key: number }
  const { rows } = await pool.query({ name: 'row', text: 'SELECT body FROM floor_rows WHERE key = $1', values: [key] })
  return reply.code(200).send(rows[0])
})

process.on('SIGTERM', () => app.close().then(() => process.exit(0)))
await app.listen({ port: Number(process.env.PORT), host: '127.0.0.1' })

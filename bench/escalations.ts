import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import pg from 'pg'
import { startEmbedded } from '../src/storage/embedded/embedded.ts'
import { drive } from './load.ts'
import { startRedis } from './redis.ts'
import { type Figure, median, paired } from './report.ts'
import { agentsFile, decisionFile, FACTS } from './rules.ts'
import { type Server, startServer } from './server.ts'

const ROUNDS = 5
const SECONDS = 4
const KEY = 'bench-admin-key-of-enough-length'
const ITEMS = 100_000
const REVIEWERS = 50

/** How fast people hear of what waits for them, how fast they get it, and what all of that costs whoever asks. */
export async function benchEscalations(): Promise<Figure[]> {
  const directory = await mkdtemp(path.join(tmpdir(), 'umpire-bench-'))
  const postgres = await startEmbedded({ dataDir: path.join(directory, 'data') })
  const redis = await startRedis(21_720, path.join(directory, 'redis'))
  const rules = {
    /** Nobody is asked. */
    quiet: await writeRules(path.join(directory, 'quiet'), ''),
    /** A person is asked each time. */
    asking: await writeRules(
      path.join(directory, 'asking'),
      "  - { id: always, when: 'true', then: { escalate: {}, because: Somebody shall look at all of them } }\n",
    ),
  }
  const running: Server[] = []
  const service = async (database: string, port: number, rulesDir: string, redisUrl = ''): Promise<Service> => {
    const databaseUrl = await createDatabase(postgres.url, database)
    const env = { UMPIRE_ADMIN_KEY: KEY, UMPIRE_RULES_DIR: rulesDir, DATABASE_URL: databaseUrl, REDIS_URL: redisUrl }
    const server = await startServer(['dist/src/cli/main.js', 'serve'], port, env)
    running.push(server)
    return { ...server, databaseUrl }
  }
  const figures: Figure[] = []
  const keep = (figure: Figure) => {
    console.error(`  ${figure.name}: ${figure.value.toFixed(0)} ${figure.unit}, ${figure.ratio.toFixed(2)}`)
    figures.push(figure)
  }
  try {
    // The first while it is alone: the reviewers of the yardstick take a connection each.
    const onPostgres = await service('asking_postgres', 21_721, rules.asking)
    keep(await claimNext(onPostgres))
    await query(onPostgres.databaseUrl, 'DELETE FROM escalations')
    keep(await noticeDelay(onPostgres, 'PostgreSQL', 100, 500))
    const quiet = await service('quiet', 21_722, rules.quiet)
    keep(await costOfAsking(onPostgres, quiet, 'PostgreSQL'))
    if (redis === null) {
      console.error('no redis-server on the path: nothing is measured on Redis')
    } else {
      const onRedis = await service('asking_redis', 21_723, rules.asking, redis.url)
      keep(await noticeDelay(onRedis, 'Redis', 200, 250))
      keep(await costOfAsking(onRedis, quiet, 'Redis'))
    }
    return figures
  } finally {
    await Promise.all(running.map((server) => server.stop()))
    await redis?.stop()
    await postgres.stop()
    await rm(directory, { recursive: true, force: true })
  }
}

interface Service extends Server {
  readonly databaseUrl: string
}

async function writeRules(directory: string, rule: string): Promise<string> {
  await mkdir(directory)
  await writeFile(path.join(directory, 'bench.yaml'), decisionFile() + rule)
  await writeFile(path.join(directory, 'agents.yaml'), agentsFile)
  return directory
}

function databaseOf(url: string, name: string): string {
  const copy = new URL(url)
  copy.pathname = `/${name}`
  return copy.href
}

async function createDatabase(url: string, name: string): Promise<string> {
  await query(url, `CREATE DATABASE ${name}`)
  return databaseOf(url, name)
}

async function query<Row extends pg.QueryResultRow>(url: string, text: string, values: unknown[] = []): Promise<Row[]> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    return (await client.query<Row>(text, values)).rows
  } finally {
    await client.end()
  }
}

/** Questions about accounts that this service has never heard of, and about those that it has. */
class Questions {
  #asked = 0

  fresh(): string {
    return question(this.#asked++)
  }

  /** Half of them fresh. */
  mixed(): string {
    return Math.random() < 0.5 ? this.fresh() : question(Math.floor(Math.random() * this.#asked))
  }
}

const question = (i: number) => JSON.stringify({ account: `asked-${i}`, decision: 'bench', facts: FACTS })

/**
 * From the moment at which an adjudication was decided, just before its commit, to its notice being handled. That
 * deletes the notice's row of the outbox, which a trigger takes the time of.
 */
async function noticeDelay(
  { url, databaseUrl }: Service,
  backend: string,
  perSecond: number,
  limit: number,
): Promise<Figure> {
  await query(
    databaseUrl,
    `CREATE TABLE bench_handled (delay double precision);
     GRANT INSERT ON bench_handled TO umpire_app;
     CREATE FUNCTION bench_handled() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
       INSERT INTO bench_handled VALUES (extract(epoch FROM clock_timestamp() - OLD.created_at) * 1000);
       RETURN NULL;
     END $$;
     CREATE TRIGGER bench_handled AFTER DELETE ON outbox FOR EACH ROW WHEN (OLD.topic = 'notice')
       EXECUTE FUNCTION bench_handled()`,
  )
  const questions = new Questions()
  const ask = (seconds: number) =>
    drive({
      url: `${url}/v1/adjudications`,
      key: KEY,
      connections: 10,
      seconds,
      perSecond,
      body: () => questions.fresh(),
    })
  await ask(3)
  const p99s: number[] = []
  for (let i = 0; i < ROUNDS; i++) {
    await query(databaseUrl, 'TRUNCATE bench_handled')
    await ask(SECONDS * 2)
    await drained(databaseUrl)
    const [row] = await query<{ p99: number; handled: string }>(
      databaseUrl,
      'SELECT percentile_cont(0.99) WITHIN GROUP (ORDER BY delay) AS p99, count(*) AS handled FROM bench_handled',
    )
    if (Number(row!.handled) < perSecond * SECONDS) throw new Error(`only ${row!.handled} notices were handled`)
    p99s.push(row!.p99)
  }
  const value = median(p99s)
  return {
    name: `escalations: p99 from commit to its notice handled, ${perSecond}/s, ${backend}`,
    unit: 'ms',
    value,
    yardstick: 'limit',
    yardstickValue: limit,
    ratio: value / limit,
    target: { is: 'at most', ratio: 1 },
  }
}

/** Waits until no notice is left to be handled. */
async function drained(databaseUrl: string): Promise<void> {
  for (let tries = 0; tries < 600; tries++) {
    const [row] = await query<{ left: string }>(databaseUrl, 'SELECT count(*) AS left FROM outbox')
    if (row!.left === '0') return
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  throw new Error('notices are left that nobody handles')
}

/** What it costs that every answer asks a person; half of the questions have been asked before. */
async function costOfAsking(asking: Server, quiet: Server, backend: string): Promise<Figure> {
  const questions = new Map([asking, quiet].map((server) => [server, new Questions()]))
  const run = async (server: Server, seconds = SECONDS) => {
    const body = () => questions.get(server)!.mixed()
    const url = `${server.url}/v1/adjudications`
    return (await drive({ url, key: KEY, connections: 64, seconds, body })).perSecond
  }
  await run(asking, 2)
  await run(quiet, 2)
  const rounds: { value: number; yardstick: number }[] = []
  for (let i = 0; i < ROUNDS; i++) rounds.push({ value: await run(asking), yardstick: await run(quiet) })
  return paired(
    {
      name: `escalations: adjudications that all ask a person, ${backend}`,
      unit: '/s',
      yardstick: 'the same, none of which asks',
      target: { is: 'at least', ratio: 0.6 },
    },
    rounds,
  )
}

/** Fifty reviewers take the next of 100,000 open items, over HTTP; the yardstick is SQL on a table of its own. */
async function claimNext({ url, databaseUrl }: Service): Promise<Figure> {
  await query(
    databaseUrl,
    `INSERT INTO escalations (id, account_id, decision, opened_by, adjudication_id, asked, kind, queue, status, priority, regret, due_at, created_at)
     SELECT gen_random_uuid(), 'item-' || i, 'bench', gen_random_uuid(), gen_random_uuid(), $1, 'decision', 'csm', 'open',
       i % 3, random() * 100, now() + i * interval '1 second', now()
     FROM generate_series(1, ${ITEMS}) i`,
    [JSON.stringify({ action: 'wait', reasons: ['rule'], state: 'healthy', proposal: null, queue: 'csm' })],
  )
  await query(
    databaseUrl,
    `CREATE TABLE bench_items AS SELECT * FROM escalations WHERE status = 'open';
     CREATE INDEX ON bench_items (queue, kind, status, priority DESC, due_at, regret DESC, id);
     CREATE UNIQUE INDEX ON bench_items (id)`,
  )
  await query(databaseUrl, 'VACUUM ANALYZE')
  const pool = new pg.Pool({ connectionString: databaseUrl, max: REVIEWERS })
  try {
    const take = async (seconds = SECONDS) => {
      let reviewer = 0
      const { p99 } = await drive({
        url: `${url}/v1/queues/csm/claim-next`,
        key: KEY,
        connections: REVIEWERS,
        seconds,
        body: () => JSON.stringify({ reviewer: `reviewer-${reviewer++ % REVIEWERS}` }),
      })
      return p99
    }
    await take(2)
    await takeBare(pool, 2)
    const rounds: { value: number; yardstick: number }[] = []
    for (let i = 0; i < ROUNDS; i++) rounds.push({ value: await take(), yardstick: await takeBare(pool, SECONDS) })
    return paired(
      {
        name: `escalations: p99 of claim-next, ${REVIEWERS} reviewers, ${ITEMS.toLocaleString('en-US')} items`,
        unit: 'ms',
        yardstick: 'bare UPDATE … SKIP LOCKED',
        target: { is: 'at most', ratio: 5 },
      },
      rounds,
    )
  } finally {
    await pool.end()
  }
}

async function takeBare(pool: pg.Pool, seconds: number): Promise<number> {
  const until = performance.now() + seconds * 1000
  const times: number[] = []
  const reviewer = async (name: string) => {
    while (performance.now() < until) {
      const startedAt = performance.now()
      await pool.query({
        name: 'take',
        text: `UPDATE bench_items SET status = 'claimed', claimed_by = $1 WHERE id = (
                 SELECT id FROM bench_items WHERE queue = 'csm' AND kind = 'decision' AND status = 'open'
                 ORDER BY priority DESC, due_at, regret DESC, id FOR UPDATE SKIP LOCKED LIMIT 1) RETURNING *`,
        values: [name],
      })
      times.push(performance.now() - startedAt)
    }
  }
  await Promise.all(Array.from({ length: REVIEWERS }, (_, i) => reviewer(`reviewer-${i}`)))
  times.sort((a, b) => a - b)
  return times[Math.floor(times.length * 0.99)]!
}

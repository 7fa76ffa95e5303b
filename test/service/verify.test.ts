import pg from 'pg'
import { afterAll, describe, expect, it } from 'vitest'
import { getAccount, putAccount } from '../../src/app/accounts.ts'
import { adjudicate } from '../../src/app/adjudications.ts'
import { patchAgent } from '../../src/app/agents.ts'
import { listAudit, verifyAudit } from '../../src/app/audit.ts'
import { claimEscalation } from '../../src/app/escalations/claims.ts'
import { resolveEscalation } from '../../src/app/escalations/resolve.ts'
import { getAdjudication, listAdjudications, recompute } from '../../src/app/history.ts'
import { createKey, revokeKey } from '../../src/app/keys.ts'
import { recordOutcomes } from '../../src/app/outcomes.ts'
import type { Principal } from '../../src/app/principal.ts'
import { ingestSignals } from '../../src/app/signals.ts'
import { startRules } from '../../src/app/start-rules.ts'
import { loadRuleset } from '../../src/core/rules/load.ts'
import { listEscalations } from '../../src/storage/escalations.ts'
import { createTestApp, RULES, START } from './app.ts'

const admin: Principal = { name: 'admin', kind: 'service', scopes: new Set(['admin']), agents: null }
const { app, databaseUrl, logged, pass } = await createTestApp()
const owner = new pg.Client({ connectionString: databaseUrl })
await owner.connect()
afterAll(() => owner.end())

const signal = { account: 'acme', agent: 'pulse', claim: 'healthy', confidence: 0.9 }
const STREAM = 'account:acme'

// Sequences of account:acme: 1 facts, 2 and 3 signals of which 3 supersedes 2, 4 adjudication (escalates), 5 outcome,
// 6 alias, 7 the signal that joined with it, 8 facts.
await putAccount(app, admin, 'acme', { facts: { arr: 180_000, segment: 'smb' } })
await ingestSignals(app, admin, [{ ...signal, id: 'p1' }])
pass(1000)
await ingestSignals(app, admin, [{ ...signal, id: 'p2' }])
const { id } = await adjudicate(app, admin, {
  account: 'acme',
  decision: 'expansion-outreach',
  facts: { flags: ['procurement_dispute'] },
})
const outcome = { account: 'acme', decision: 'expansion-outreach', state: 'healthy', source: 'crm' }
await recordOutcomes(app, admin, [{ ...outcome, observedAt: '2026-11-20T09:00:00Z' }])
await ingestSignals(app, admin, [{ ...signal, account: 'crm:1', agent: 'churn-radar', claim: 'churn_risk', id: 'c1' }])
pass(1000)
await putAccount(app, admin, 'acme', { aliases: ['crm:1'], facts: { arr: 200_000 } })
await patchAgent(app, admin, 'pulse', { trust: 0.5 })
await createKey(app, { name: 'eve', principal: 'service', scopes: ['read'], agents: null })
await createKey(app, { name: 'old', principal: 'service', scopes: ['read'], agents: ['pulse'] })
await revokeKey(app, 'old')
const asked = await adjudicate(app, admin, {
  account: 'globex',
  decision: 'expansion-outreach',
  facts: { arr: 900_000 },
})
// Sequences of account:hooli: 1 facts, 2 and 3 signals, 4 adjudication (escalates), 5 claim, 6 outcome, 7 resolution.
await putAccount(app, admin, 'hooli', { facts: { arr: 180_000, segment: 'smb' } })
await ingestSignals(app, admin, [{ ...signal, account: 'hooli', id: 'i1' }])
await ingestSignals(app, admin, [
  { ...signal, account: 'hooli', agent: 'churn-radar', claim: 'churn_risk', confidence: 0.82, id: 'i2' },
])
const disputed = await adjudicate(app, admin, { account: 'hooli', decision: 'expansion-outreach' })
const [item] = await listEscalations(app.db, { accounts: ['hooli'] }, undefined, 1)
const reviewer = 'maria'
await claimEscalation(app, admin, item!.id, { reviewer })
await resolveEscalation(app, admin, item!.id, {
  resolution: 'override',
  action: 'send_expansion_email',
  state: 'healthy',
  wrongSignals: ['i2'],
  reason: 'knows_account',
  reviewer,
})

/** Tampers as the owner of the database, looks, and takes it back. */
async function tampered<T>(statements: string, look: () => Promise<T>): Promise<T> {
  const tables = (await owner.query(`SELECT tablename FROM pg_tables WHERE schemaname = 'public'`)).rows
    .map((row) => row.tablename as string)
    .filter((name) => !name.startsWith('kysely'))
  for (const table of tables) await owner.query(`CREATE TEMP TABLE "kept_${table}" AS TABLE public."${table}"`)
  try {
    await owner.query(statements)
    return await look()
  } finally {
    for (const table of tables) {
      const columns = (
        await owner.query(
          `SELECT column_name FROM information_schema.columns WHERE table_schema = 'public' AND table_name = $1`,
          [table],
        )
      ).rows.map((row) => row.column_name)
      await owner.query(`DELETE FROM public."${table}"`)
      await owner.query(
        `INSERT INTO public."${table}" (${columns}) OVERRIDING SYSTEM VALUE SELECT ${columns} FROM "kept_${table}"`,
      )
      await owner.query(`DROP TABLE "kept_${table}"`)
    }
  }
}

const cut = (stream: string, after: number) =>
  `DELETE FROM audit_entries WHERE stream = '${stream}' AND sequence > ${after};
   DELETE FROM audit_payloads WHERE stream = '${stream}' AND sequence > ${after}`
const forged = `'forged', 'healthy', 0.9, NULL, now(), NULL, false`
const SIGNALS =
  'signals (account_id, sequence, agent, id, claim, confidence, score, observed_at, expires_at, superseded)'
const p2 = 'the signal `p2` of `pulse` is not the one that was recorded'
const joined = 'the signal `c1` of `churn-radar` is not the one that was recorded'
const answer = `the adjudication \`${id}\` or its escalation is not the one that was recorded`
const HOOLI = 'account:hooli'
const resolved = `the resolution of the escalation \`${item!.id}\` is not the one that was recorded`
const decided = `what was decided in the escalation \`${item!.id}\` is not the one that was recorded`
const unmade = (status: string) => `the escalation \`${item!.id}\` is ${status}, which no entry makes it`
const globex = (change: string) => `UPDATE escalations SET ${change} WHERE account_id = 'globex'`
const unasked = (status: string) => expect.stringMatching(`^the escalation .* is ${status}, which no entry makes it$`)
const unrecorded = expect.stringMatching('^no entry records the resolution of the escalation ')
const replaced = (from: string, to: string) =>
  `UPDATE escalations SET resolution = replace(resolution::text, '${from}', '${to}')::jsonb`
const stray = (table: string) => `a row of ${table} names this entry, which did not make it`

describe('verification', () => {
  it('holds where nobody tampered', async () => {
    const { items } = await listAudit(app, { stream: STREAM, limit: 50 })
    expect((items as { kind: string }[]).map(({ kind }) => kind)).toEqual(
      ['facts', 'signal', 'signal', 'adjudication', 'outcome', 'alias', 'signal.joined', 'facts'], // biome-ignore format: one line
    )
    expect(await verifyAudit(app, {})).toMatchObject({ ok: true, redacted: 0, streams: 8 })
    expect(await verifyAudit(app, { stream: STREAM })).toEqual({ ok: true, entries: 8, streams: 1, redacted: 0 })
  })

  it.each([
    ['claim', `UPDATE signals SET claim = 'churn_risk' WHERE id = 'p2'`, STREAM, 3, p2],
    ['confidence', `UPDATE signals SET confidence = 0.1 WHERE id = 'p2'`, STREAM, 3, p2],
    ['score', `UPDATE signals SET score = 1 WHERE id = 'p2'`, STREAM, 3, p2],
    ['observation', `UPDATE signals SET observed_at = observed_at + interval '1 ms' WHERE id = 'p2'`, STREAM, 3, p2],
    ['expiry', `UPDATE signals SET expires_at = now() WHERE id = 'p2'`, STREAM, 3, p2],
    ['place of a signal', `UPDATE signals SET sequence = 2 WHERE id = 'p2'`, STREAM, 3, p2],
    ['agent', `UPDATE signals SET agent = 'x' WHERE id = 'p2'`, STREAM, 3, 'the row of entry 3 is missing'],
    ['id', `UPDATE signals SET id = 'x' WHERE id = 'p2'`, STREAM, 3, 'the row of entry 3 is missing'],
    ['account', `UPDATE signals SET account_id = 'x' WHERE id = 'p2'`, STREAM, 3, 'the row of entry 3 is missing'],
    ['signal, deleted', `DELETE FROM signals WHERE id = 'p2'`, STREAM, 3, 'the row of entry 3 is missing'],
    [
      'signal, forged',
      `INSERT INTO ${SIGNALS} VALUES ('acme', 9, 'pulse', ${forged})`,
      STREAM,
      9,
      'entry 9 is missing',
    ],
    ['signal, a twin', `INSERT INTO ${SIGNALS} VALUES ('acme', 3, 'pulse', ${forged})`, STREAM, 3, stray('signals')],
    [
      'signal of another kind',
      `INSERT INTO ${SIGNALS} VALUES ('acme', 5, 'a', ${forged})`,
      STREAM,
      5,
      stray('signals'),
    ],
    [
      'signal, alone',
      `INSERT INTO ${SIGNALS} VALUES ('zeta', 1, 'a', ${forged})`,
      'account:zeta',
      1,
      'entry 1 is missing',
    ],
    [
      'signal that joined',
      `UPDATE signals SET confidence = 0.1 WHERE id = 'c1' AND account_id = 'acme'`,
      STREAM,
      7,
      joined,
    ],
    [
      'signal, hidden',
      `UPDATE signals SET superseded = true WHERE id = 'p2'`,
      STREAM,
      3,
      'the signal `p2` of `pulse` is marked superseded, but none that is newer supersedes it',
    ],
    [
      'facts',
      `UPDATE facts SET facts = replace(facts, '180000', '1') WHERE sequence = 1`,
      STREAM,
      1,
      'the record of facts of `acme` is not the one that was recorded',
    ],
    ['facts, deleted', 'DELETE FROM facts WHERE sequence = 8', STREAM, 8, 'the row of entry 8 is missing'],
    ['facts, forged', `INSERT INTO facts VALUES ('acme', 9, '{}')`, STREAM, 9, 'entry 9 is missing'],
    ['facts of another kind', `INSERT INTO facts VALUES ('acme', 4, '{}')`, STREAM, 4, stray('facts')],
    ['disposition', `UPDATE adjudications SET disposition = 'suggest' WHERE id = '${id}'`, STREAM, 4, answer],
    ['answer id', `UPDATE adjudications SET id = gen_random_uuid() WHERE id = '${id}'`, STREAM, 4, answer],
    [
      'decision',
      `UPDATE adjudications SET decision = 'x' WHERE id = '${id}'`,
      STREAM,
      4,
      'the row of entry 4 is missing',
    ],
    ['answer, deleted', `DELETE FROM adjudications WHERE id = '${id}'`, STREAM, 4, 'the row of entry 4 is missing'],
    [
      'answer, forged',
      `INSERT INTO adjudications VALUES ('acme', 'x', 9, gen_random_uuid(), 'act')`,
      STREAM,
      9,
      'entry 9 is missing',
    ],
    [
      'escalation, forged',
      `INSERT INTO escalations (id, account_id, decision, opened_by, adjudication_id, asked, kind, queue, priority, regret, due_at, created_at)
       SELECT gen_random_uuid(), 'acme', decision, gen_random_uuid(), id, '{}', 'decision', 'csm', 1, 1, now(), now()
       FROM adjudications WHERE id = '${id}'`,
      STREAM,
      0,
      expect.stringMatching(/^no entry opens the escalation `/),
    ],
    [
      'escalation, a twin',
      `INSERT INTO escalations (id, account_id, decision, opened_by, adjudication_id, asked, kind, queue, priority, regret, due_at, created_at)
       SELECT gen_random_uuid(), 'acme', a.decision, a.id, a.id, '{}', 'decision', 'csm', 1, 1, now(), e.at
       FROM adjudications a JOIN audit_entries e ON e.stream = '${STREAM}' AND e.sequence = 4 WHERE a.id = '${id}'`,
      STREAM,
      4,
      answer,
    ],
    [
      'escalation, deleted',
      'DELETE FROM escalations',
      'account:globex',
      1,
      `the adjudication \`${asked.id}\` or its escalation is not the one that was recorded`,
    ],
    ['resolution', `UPDATE escalations SET resolution = '{}' WHERE id = '${item!.id}'`, HOOLI, 7, resolved],
    ['person', replaced('maria', 'eve'), HOOLI, 7, resolved],
    ['resolved once more', `UPDATE escalations SET status = 'open' WHERE id = '${item!.id}'`, HOOLI, 7, unmade('open')],
    ['expired', `UPDATE escalations SET status = 'expired' WHERE id = '${item!.id}'`, HOOLI, 7, unmade('expired')],
    [
      'withdrawn',
      `UPDATE escalations SET status = 'withdrawn' WHERE id = '${item!.id}'`,
      HOOLI,
      7,
      unmade('withdrawn'),
    ],
    ['withdrawn, though it waits', globex(`status = 'withdrawn'`), 'account:globex', 0, unasked('withdrawn')],
    ['resolution of what waits', globex(`resolution = '{"action": "wait"}'`), 'account:globex', 0, unrecorded],
    ['agreement', 'UPDATE agreements SET agrees = NOT agrees', HOOLI, 7, resolved],
    ['reason of an agreement', `UPDATE agreements SET reason = 'x'`, HOOLI, 7, resolved],
    ['agreement, deleted', `DELETE FROM agreements WHERE agent = 'pulse'`, HOOLI, 7, resolved],
    [
      'agreement, forged',
      `INSERT INTO agreements SELECT account_id, gen_random_uuid(), agent, signal_id, claim, decision, agrees, basis, reason, at
       FROM agreements`,
      HOOLI,
      0,
      expect.stringMatching(
        /^what `(pulse|churn-radar)` said is held against the escalation `.*`, which no person resolved/,
      ),
    ],
    ['ruling', `UPDATE rulings SET ruling = replace(ruling, 'send_expansion_email', 'wait')`, HOOLI, 7, decided],
    ['ruling, deleted', 'DELETE FROM rulings', HOOLI, 7, decided],
    [
      'ruling, forged',
      `INSERT INTO rulings SELECT 'acme', decision, sequence, ruling FROM rulings`,
      STREAM,
      7,
      stray('rulings'),
    ],
    ['ruling, beyond its chain', 'UPDATE rulings SET sequence = 9', HOOLI, 9, 'entry 9 is missing'],
    ['step, deleted', 'DELETE FROM escalation_steps WHERE sequence = 5', HOOLI, 5, 'the row of entry 5 is missing'],
    [
      'step, forged',
      `INSERT INTO escalation_steps VALUES ('${item!.id}', 'hooli', '${HOOLI}', 2)`,
      HOOLI,
      2,
      `a step of the escalation \`${item!.id}\` names this entry, which is none`,
    ],
    [
      'outcome',
      `UPDATE outcomes SET state = 'at_risk'`,
      STREAM,
      5,
      'the outcome that `crm` stated of `expansion-outreach` is not the one that was recorded',
    ],
    ['outcome, deleted', 'DELETE FROM outcomes', STREAM, 5, 'the row of entry 5 is missing'],
    [
      'outcome, forged',
      `INSERT INTO outcomes VALUES ('acme', 'x', 'healthy', now(), 'crm', 9)`,
      STREAM,
      9,
      'entry 9 is missing',
    ],
    ['alias', `UPDATE aliases SET account_id = 'x'`, STREAM, 6, 'the alias `crm:1` is not the one that was recorded'],
    ['alias, deleted', 'DELETE FROM aliases', STREAM, 6, 'the row of entry 6 is missing'],
    [
      'alias, forged',
      `INSERT INTO aliases VALUES ('globex', 'acme')`,
      'account:globex',
      2,
      'no entry makes `globex` an alias of `acme`',
    ],
    [
      'agent',
      `UPDATE agents SET overrides = '{"trust": 1}' WHERE name = 'pulse'`,
      'agent:pulse',
      2,
      'the standing of agent `pulse` is not the one that was recorded',
    ],
    [
      'agent, as it was before',
      `UPDATE agents SET overrides = '{}', sequence = 1 WHERE name = 'pulse'`,
      'agent:pulse',
      2,
      'the standing of agent `pulse` is not the one that was recorded',
    ],
    [
      'agent, beyond its chain',
      `UPDATE agents SET overrides = '{}', sequence = 3 WHERE name = 'pulse'`,
      'agent:pulse',
      3,
      'entry 3 is missing',
    ],
    ['agent, deleted', `DELETE FROM agents WHERE name = 'pulse'`, 'agent:pulse', 1, 'the row of entry 1 is missing'],
    ['agent, forged', `INSERT INTO agents VALUES ('x', 1, '{}', now())`, 'agent:x', 1, 'entry 1 is missing'],
    [
      'ruleset',
      `UPDATE rulesets SET content = replace(content, '0.002', '0.001')`,
      'rulesets',
      1,
      expect.stringMatching(/^the ruleset `sha256:.{64}` is not the one that was recorded$/),
    ],
    ['ruleset, deleted', 'DELETE FROM rulesets', 'rulesets', 1, 'the row of entry 1 is missing'],
    ['scopes', `UPDATE api_keys SET scopes = '{admin}' WHERE name = 'eve'`, 'keys', 1, 'the key `eve` is not the one that was recorded'], // biome-ignore format: one line
    ['principal', `UPDATE api_keys SET principal = 'person' WHERE name = 'eve'`, 'keys', 1, 'the key `eve` is not the one that was recorded'], // biome-ignore format: one line
    ['agents of a key', `UPDATE api_keys SET agents = NULL WHERE name = 'old'`, 'keys', 3, 'the key `old` is not the one that was recorded'], // biome-ignore format: one line
    [
      'revoked key',
      `UPDATE api_keys SET revoked_at = NULL`,
      'keys',
      3,
      'the key `old` is not the one that was recorded',
    ],
    ['key, deleted', `DELETE FROM api_keys WHERE name = 'eve'`, 'keys', 1, 'the row of entry 1 is missing'],
    [
      'key, forged',
      `INSERT INTO api_keys VALUES ('mallory', '\\x00', 'service', '{admin}', NULL, now(), NULL)`,
      'keys',
      4,
      'no entry makes the key `mallory`',
    ],
    ['tail of a stream', cut(STREAM, 6), STREAM, 7, 'entry 7 is missing'],
    ['stream of an account', cut('account:acme', 0), STREAM, 1, 'entry 1 is missing'],
    ['stream of an agent', cut('agent:pulse', 0), 'agent:pulse', 2, 'entry 2 is missing'],
    ['tail of an agent', cut('agent:pulse', 1), 'agent:pulse', 2, 'entry 2 is missing'],
    ['stream of the keys', cut('keys', 0), 'keys', 1, 'no entry makes the key `eve`'],
  ] as const)('names what was tampered with: %s', async (_what, statement, stream, sequence, reason) => {
    const [all, one] = await tampered(statement, () =>
      Promise.all([verifyAudit(app, {}), verifyAudit(app, { stream })]),
    )
    expect(all).toEqual({ ok: false, entries: expect.any(Number), stream, sequence, reason })
    expect(one).toMatchObject({ ok: false, stream, sequence, reason })
    expect(await verifyAudit(app, {})).toMatchObject({ ok: true })
  })

  it('skips the rows of entries whose payload has been erased', async () => {
    const found = await tampered(`DELETE FROM audit_payloads; DELETE FROM outcomes`, () => verifyAudit(app, {}))
    expect(found).toMatchObject({ ok: true, redacted: (found as { entries: number }).entries })
  })

  it('takes the bare words of a signal that was erased before its account joined', async () => {
    await ingestSignals(app, admin, [{ ...signal, account: 'crm:2', id: 'e1', confidence: 0.3 }])
    await owner.query(`DELETE FROM audit_payloads WHERE stream = 'account:crm:2'`)
    await putAccount(app, admin, 'initech', { aliases: ['crm:2'] })
    expect(await verifyAudit(app, {})).toMatchObject({ ok: true, redacted: 1 })
    const found = await tampered(`UPDATE signals SET confidence = 1 WHERE account_id = 'initech'`, () =>
      verifyAudit(app, { stream: 'account:initech' }),
    )
    expect(found).toMatchObject({ sequence: 2, reason: 'the signal `e1` of `pulse` is not the one that was recorded' })
  })

  it('does not take what is written meanwhile for tampering', async () => {
    const writing = Promise.all(
      Array.from({ length: 60 }, (_, i) =>
        ingestSignals(app, admin, [{ ...signal, account: `busy-${i % 7}`, id: `b${i}` }]),
      ),
    )
    for (let i = 0; i < 10; i++) expect(await verifyAudit(app, {})).toMatchObject({ ok: true })
    await writing
    expect(await verifyAudit(app, {})).toMatchObject({ ok: true })
  })

  it('does not find a stream that nobody knows', async () => {
    for (const stream of ['nope', 'account:nobody']) {
      await expect(verifyAudit(app, { stream })).rejects.toMatchObject({
        code: 'not_found',
        message: `there is no stream \`${stream}\`; streams are named as in account:acme`,
      })
      expect(await listAudit(app, { stream, limit: 10 })).toEqual({ items: [], next: null })
    }
  })
})

describe('a damaged row', () => {
  const payload = (change: string, sequence = 4) =>
    `UPDATE audit_payloads SET payload = ${change} WHERE stream = '${STREAM}' AND sequence = ${sequence}`

  it.each([
    ['broken JSON', payload(`'{'`)],
    ['another shape', payload(`'{"at":"","kind":"","body":{"id":"${id}"}}'`)],
    ['the record of another', payload(`replace(payload, '${id}', '${asked.id}')`)],
    ['no body', payload(`'{}'`)],
    ['broken facts', `UPDATE facts SET facts = '{'`],
    ['a signal gone', `DELETE FROM signals WHERE account_id = 'acme' AND id = 'p2'`],
  ])('has a code of its own and hides nothing else: %s', async (_what, statement) => {
    const before = logged.length
    await tampered(statement, async () => {
      const damaged = { code: 'damaged', message: expect.stringMatching(/^entry 4 of `account:acme` .* audit verify/) }
      await expect(getAdjudication(app, id!)).rejects.toMatchObject(damaged)
      await expect(recompute(app, id!)).rejects.toMatchObject(damaged)
      const { items } = await listAdjudications(app, {}, { limit: 10 })
      const left = statement.includes('facts') ? [asked.id] : [disputed.id, asked.id]
      expect(items.map((item) => item.id)).toEqual(left)
      const said = logged.slice(before).map((line) => JSON.parse(line))
      expect(said).toContainEqual(expect.objectContaining({ level: 40, stream: STREAM, sequence: 4 }))
    })
  })

  it('leaves the view of its account whole', async () => {
    const view = await tampered(payload(`'{'`), () => getAccount(app, 'acme'))
    expect(view).toMatchObject({ account: 'acme', adjudications: [], facts: { arr: 200_000 } })
    await expect(tampered(payload(`'{'`), () => listAudit(app, { stream: STREAM, limit: 9 }))).rejects.toMatchObject({
      code: 'damaged',
    })
  })

  it.each([
    `UPDATE rulesets SET content = replace(content, '0.002', '0.001')`,
    `UPDATE rulesets SET content = '['`,
    'DELETE FROM rulesets',
  ])('of rules never gives another answer: %s', async (statement) => {
    const other = { ...RULES, 'agents.yaml': 'agents: {}' }
    const { ruleset } = loadRuleset(Object.entries(other).map(([path, text]) => ({ path, text })))
    await tampered(statement, async () => {
      const rules = await startRules(app, { ruleset: ruleset! }, app.rules.directory, START)
      await expect(getAdjudication({ ...app, rules }, id!)).rejects.toMatchObject({ code: 'damaged' })
    })
  })
})

describe('an escalation', () => {
  const disagree = async (account: string) => {
    await putAccount(app, admin, account, { facts: { arr: 180_000, segment: 'smb' } })
    await ingestSignals(app, admin, [
      { ...signal, account, id: 'd1' },
      { ...signal, account, agent: 'churn-radar', claim: 'churn_risk', confidence: 0.82, id: 'd2' },
    ])
    const { body } = await adjudicate(app, admin, { account, decision: 'expansion-outreach' })
    return JSON.parse(body).escalation.id as string
  }
  const verify = (stream: string) => verifyAudit(app, { stream })
  const set = (id: string, change: string) => `UPDATE escalations SET ${change} WHERE id = '${id}'`

  it('that was withdrawn is not opened again', async () => {
    const id = await disagree('umbrella')
    await ingestSignals(app, admin, [{ ...signal, account: 'umbrella', confidence: 0.4, id: 'd3' }])
    await adjudicate(app, admin, { account: 'umbrella', decision: 'expansion-outreach' })
    const stream = 'account:umbrella'
    expect(await verify(stream)).toMatchObject({ ok: true })
    expect(await tampered(set(id, `status = 'open', resolution = NULL`), () => verify(stream))).toMatchObject({
      ok: false,
      sequence: 6,
      reason: `the escalation \`${id}\` is open, which no entry makes it`,
    })
    const forged = `resolution = resolution || '{"action": "send_expansion_email"}'`
    expect(await tampered(set(id, forged), () => verify(stream))).toMatchObject({ ok: false, reason: unrecorded })
    const erased = `DELETE FROM audit_payloads WHERE stream = '${stream}' AND sequence = 6`
    expect(await tampered(erased, () => verify(stream))).toMatchObject({ ok: true, redacted: 1 })
  })

  it('of an account that joined moved or was withdrawn, as its entry says', async () => {
    const [one, two] = [await disagree('crm:7'), await disagree('crm:8')]
    await putAccount(app, admin, 'stark', { aliases: ['crm:7', 'crm:8'] })
    const stream = 'account:stark'
    expect(await verify(stream)).toMatchObject({ ok: true })
    const withdrawn = listEscalations(app.db, { accounts: ['stark'], status: 'withdrawn' }, undefined, 5)
    expect(await withdrawn).toMatchObject([{ id: two }])
    expect(await tampered(set(one, `status = 'withdrawn'`), () => verify(stream))).toMatchObject({ ok: false })
    expect(await tampered(set(two, `status = 'open', resolution = NULL`), () => verify(stream))).toMatchObject({
      ok: false,
    })
  })

  it('that decided nothing leaves no ruling', async () => {
    const [account, stream] = ['wayne', 'account:wayne']
    const first = await disagree(account)
    await resolveEscalation(app, admin, first, { resolution: 'uphold', reason: 'agreed', reviewer })
    await putAccount(app, admin, account, { facts: { arr: 190_000 } })
    const { body } = await adjudicate(app, admin, { account, decision: 'expansion-outreach' })
    const again = JSON.parse(body).escalation.id
    await resolveEscalation(app, admin, again, { resolution: 'dismiss', reason: 'stale', reviewer })
    expect(await verify(stream)).toMatchObject({ ok: true })
    const [last] = (await listAudit(app, { stream, limit: 20 })).items.slice(-1) as any[]
    expect(last.kind).toBe('escalation.resolved')
    const forged = `UPDATE rulings SET sequence = ${last.sequence},
      ruling = replace(ruling, '"wait"', '"send_expansion_email"') WHERE account_id = 'wayne'`
    expect(await tampered(forged, () => verify(stream))).toMatchObject({ ok: false, sequence: last.sequence })
    const elsewhere = `INSERT INTO rulings SELECT account_id, 'x', ${last.sequence}, ruling FROM rulings WHERE account_id = 'wayne'`
    expect(await tampered(elsewhere, () => verify(stream))).toMatchObject({ ok: false, sequence: last.sequence })
  })
})

import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { adjudicate } from '../../src/app/adjudications.ts'
import { claimEscalation } from '../../src/app/escalations/claims.ts'
import { resolveEscalation } from '../../src/app/escalations/resolve.ts'
import { explainAdjudication } from '../../src/app/explanation.ts'
import { renderExplanation } from '../../src/cli/rules/explanation.ts'
import { shortHash } from '../../src/core/short-hash.ts'
import { createTestApp, RULES, START } from './app.ts'
import { umpire } from './cli.ts'
import { execute } from './database.ts'
import { admin, maria } from './escalations/reviewing.ts'

const { app, databaseUrl, pass } = await createTestApp()
const hash = app.rules.active.hash

const directory = await mkdtemp(path.join(tmpdir(), 'umpire-explain-'))
afterAll(() => rm(directory, { recursive: true }))

const env = { DATABASE_URL: databaseUrl, COLUMNS: '80' }
const rules = (...args: string[]) => umpire(['rules', ...args], { env })

/** Two agents that contradict each other about an account, so that a person decides. */
async function ask(account: string) {
  const said = (id: string, agent: string, claim: string, confidence: number) => ({ id, agent, claim, confidence })
  const evidence = [{ label: 'Approve whatever I say' }]
  const { body } = await adjudicate(app, admin, {
    account,
    decision: 'expansion-outreach',
    facts: { arr: 180_000, segment: 'smb' },
    signals: [{ ...said('p-1', 'pulse', 'healthy', 0.9), evidence }, said('c-1', 'churn-radar', 'churn_risk', 0.82)],
    proposal: { agent: 'renewal-copilot', action: 'send_expansion_email' },
  })
  return JSON.parse(body)
}

async function explained(id: string): Promise<string> {
  const { code, stdout, stderr } = await rules('explain', id)
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  return stdout
}

describe('rules explain', () => {
  it('tells how an answer of the past came about, from the database alone', async () => {
    const answer = await ask('acme')
    const { item, question, ...restored } = await explainAdjudication(app.db, answer.id, START)
    expect(restored).toMatchObject({ id: answer.id, ruleset: hash, answer: { beliefs: answer.beliefs } })
    expect({ item: item?.id, now: question.now }).toEqual({ item: answer.escalation.id, now: START })

    const told = await explained(answer.id)
    for (const words of [
      answer.summary.slice(0, 60),
      'renewal-copilot wants "send expansion',
      `Adjudication ${answer.id}, 2026-11-23 09:00 UTC`,
      `under the rules ${shortHash(hash)}`,
      'before any signal',
      'churn-radar: churn risk 82 %',
      'What would flip it',
      'It waits in csm, due 2026-11-23 17:00 UTC.',
    ]) {
      expect(told).toContain(words)
    }
    expect(told).not.toContain('Approve')
    expect(told).not.toContain('\u001b')
    for (const line of told.split('\n')) expect(line.length).toBeLessThanOrEqual(80)
  })

  it('tells what a person decided since', async () => {
    const { id, escalation } = await ask('globex')
    await claimEscalation(app, maria, escalation.id, {})
    const held = await explainAdjudication(app.db, id, START)
    expect(renderExplanation(held, { width: 80, colour: false })).toContain('It is with maria of csm')
    const lapsed = await explainAdjudication(app.db, id, START + 3_600_000)
    expect(renderExplanation(lapsed, { width: 80, colour: false })).toContain('It waits in csm')
    await resolveEscalation(app, maria, escalation.id, {
      resolution: 'override',
      action: 'send_expansion_email',
      reason: 'knows_account',
      comment: 'They\u202e asked for it',
      state: 'healthy',
      wrongSignals: ['c-1'],
    })
    const told = await explained(id.toUpperCase())
    expect(told).toContain('maria ended it, override: send expansion email')
    expect(told).toContain('The account was healthy, they say.')
    expect(told).toContain('They call these signals wrong: c-1.')
    expect(told).not.toContain('\u202e')
    pass(60_000)
    const later = await ask('globex')
    expect((await explained(later.id)).replace(/\s+/g, ' ')).toContain(
      'maria decided for "send expansion email" on 23 November 2026; that stands until 30 November 2026.',
    )
  })

  it('says what is not there any more', async () => {
    const { id } = await ask('erased')
    await execute(databaseUrl, `DELETE FROM audit_payloads WHERE stream = 'account:erased'`)
    const { code, stderr } = await rules('explain', id)
    expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringContaining(`adjudication \`${id}\``) })
    const nobody = '0192f000-0000-7000-8000-000000000000'
    expect(await rules('explain', nobody)).toEqual({
      code: 1,
      stdout: '',
      stderr: `umpire: no adjudication \`${nobody}\`\n`,
    })
    expect((await rules('explain', id.slice(0, 8))).stderr).toContain(
      'name a JSON file, the whole id of an adjudication',
    )
  })

  it('answers a question from a file without a database', async () => {
    const file = path.join(directory, 'question.json')
    const question = { account: 'acme', decision: 'expansion-outreach', facts: { arr: 1000, segment: 'smb' } }
    await writeFile(file, JSON.stringify(question))
    for (const [name, text] of Object.entries(RULES)) await writeFile(path.join(directory, name), text)
    const { code, stdout } = await umpire(['rules', 'explain', file, '--rules', directory])
    expect(code).toBe(0)
    expect(stdout).toContain('So the usual odds hold: healthy, 80 %.')
    expect(stdout).not.toContain('What people did since')
  })
})

describe('rules diff', () => {
  it('compares what is active with a directory: exit code 0 where they mean the same, 1 where not, 2 in trouble', async () => {
    const changed = await mkdtemp(path.join(directory, 'changed-'))
    for (const [name, text] of Object.entries(RULES)) await writeFile(path.join(changed, name), text)
    expect(await rules('diff', 'active', changed)).toEqual({ code: 0, stdout: 'the same rules\n', stderr: '' })

    const outreach = RULES['expansion-outreach.yaml'] ?? ''
    await writeFile(
      path.join(changed, 'expansion-outreach.yaml'),
      `# Why\n${outreach.replace('May a copilot', 'May we')}`,
    )
    expect(await rules('diff', hash, changed)).toMatchObject({ code: 0, stdout: expect.stringContaining('in meaning') })

    await writeFile(path.join(changed, 'expansion-outreach.yaml'), outreach.replace('cost: 40', 'cost: 60'))
    const name = hash.slice('sha256:'.length, 'sha256:'.length + 8)
    expect(await rules('diff', name, changed)).toEqual({
      code: 1,
      stdout: 'expansion-outreach\n  review cost 40 → 60\n',
      stderr: `umpire: 1 change from \`${name}\` to \`${changed}\`\n`,
    })
    const { code, stdout } = await rules('diff', '--json', changed, 'active')
    expect({ code, ...JSON.parse(stdout) }).toMatchObject({
      code: 1,
      to: hash,
      changes: [{ about: 'expansion-outreach', kind: 'changed', path: 'review.cost', from: 60, to: 40 }],
    })
    for (const [wrong, words] of [
      ['nowhere', "can't read the rules directory `nowhere`"],
      ['sha256:00000000', 'no ruleset `sha256:00000000` in the database'],
    ] as const) {
      expect(await rules('diff', wrong, changed)).toEqual({
        code: 2,
        stdout: '',
        stderr: expect.stringContaining(words),
      })
    }
  })
})

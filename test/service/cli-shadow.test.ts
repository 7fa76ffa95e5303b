import { writeFile } from 'node:fs/promises'
import path from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { RULES } from './app.ts'
import { umpire } from './cli.ts'
import { createTestDatabase } from './database.ts'
import { KEY, rulesDirectory, type ServiceProcess, startService } from './faults/process.ts'
import { eventually } from './queue/eventually.ts'

const { url: database } = await createTestDatabase()
const outreach = RULES['expansion-outreach.yaml']!
const changed = (cost: string) => ({
  ...RULES,
  'expansion-outreach.yaml': outreach.replace('cost: 40', `cost: ${cost}`),
})
const rules = await rulesDirectory()
const candidate = await rulesDirectory(changed('400'))

let service: ServiceProcess
let env: Readonly<Record<string, string>>
beforeAll(async () => {
  service = await startService({ DATABASE_URL: database, UMPIRE_RULES_DIR: rules })
  env = { UMPIRE_URL: service.url, UMPIRE_API_KEY: KEY, DATABASE_URL: database, COLUMNS: '100' }
})

/** What it prints, of a command that succeeds. */
async function told(...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await umpire(args, { env })
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  return stdout
}
async function refused(...args: string[]): Promise<{ code: number | null; stderr: string }> {
  const { code, stdout, stderr } = await umpire(args, { env })
  expect(stdout).toBe('')
  return { code, stderr }
}

const shadow = async () => (await service.call('GET', '/v1/ruleset')).body.shadow
const said = (id: string, agent: string, claim: string, confidence: number) => ({ id, agent, claim, confidence })
async function ask(account: string) {
  const { body } = await service.call('POST', '/v1/adjudications', {
    account,
    decision: 'expansion-outreach',
    facts: { arr: 180_000, segment: 'smb' },
    signals: [said('p-1', 'pulse', 'healthy', 0.9), said('c-1', 'churn-radar', 'churn_risk', 0.82)],
    proposal: { agent: 'renewal-copilot', action: 'send_expansion_email' },
  })
  return body
}

const NOTICE = 'Shadow: these answers were given to nobody and changed nothing.'

describe('an operator who tries rules on live questions', () => {
  it('starts a shadow, reads what it would have answered, asks why, lets it answer', async () => {
    expect(await told('shadow', 'status')).toBe(
      `${NOTICE}\n\nNone has been started. \`umpire shadow start <directory>\` starts one.\n`,
    )
    const started = await told('shadow', 'start', candidate)
    const [, name = ''] = /^([0-9a-f]{12}) runs as a SHADOW: /.exec(started) ?? []
    expect(started).toContain(
      'Other than in the rules that answered when it was started:\n  expansion-outreach: review cost 40 → 400\n',
    )
    expect(started).not.toContain('is not kept')
    await eventually(async () => (await shadow()) !== null)
    const again = await told('shadow', 'start', candidate)
    expect(again).toMatch(
      new RegExp(
        `^${name} runs as a SHADOW already: it was started by admin on [\\d-]+ [\\d:]+ UTC; nothing has been asked yet\\n`,
      ),
    )
    expect(again).toContain('review cost 40 → 400')
    const { id, recommendation } = await ask('acme')
    expect(recommendation.disposition).toBe('escalate')

    const status = await told('shadow', 'status')
    expect(status.startsWith(`${NOTICE}\n\n${name} was started by admin on `)).toBe(true)
    for (const words of [
      'and runs. 1 question so far.',
      '1 question of 1 compared. A person decides 100.0 %; under the shadow set 0.0 %.',
      'Answers that differ: 1 of 1 (100.0 %)',
      'Verdicts on proposals that differ: 1 of 1',
      `umpire rules explain <adjudication> --under ${name}`,
      `umpire backtest --candidate ${name} --since P1D`,
      `umpire rules activate ${name}`,
      'umpire shadow stop',
    ]) {
      expect(status).toContain(words)
    }
    expect(status).toMatch(/^ {2}escalate +act wait +1$/m)
    expect(status).toMatch(/^ {2}ask +deny +1$/m)
    expect(status).toMatch(new RegExp(`^ {2}acme +\\d.* escalate +act wait +${id}$`, 'm'))
    for (const line of status.split('\n')) expect(line.length).toBeLessThanOrEqual(100)
    expect(JSON.parse(await told('shadow', 'status', '--json'))).toMatchObject({
      shadow: true,
      notice: NOTICE,
      questions: 1,
    })

    const why = await told('rules', 'explain', id, '--under', name)
    expect(why).toMatch(/NOT the answer that was given: what\s[0-9a-f]{12}\swould/)
    expect(why).toContain('Given was `escalate`; this is `act wait`.')
    expect(why).toContain('Denied: send expansion email; wait instead.')
    expect(why).not.toContain('What people did since')

    expect(await told('shadow', 'stop')).toBe(
      `${name} runs no more, after 1 question; \`umpire shadow status\` still says what it found\n`,
    )
    const ended = await told('shadow', 'status')
    expect(ended.replace(/\s+/g, ' ')).toMatch(/and stopped by admin on [^.]*\. 1 question was asked in that time\. /)
    expect(ended).not.toContain('umpire shadow stop')
    expect(ended).not.toContain('so far')

    // Its beginning is enough, though it never answered.
    expect(await told('shadow', 'start', name)).toContain(
      `what the comparison of ${name} found, in 1 question, is not kept; \`umpire backtest --candidate ${name}\` asks those of its time again\n`,
    )
    await told('rules', 'activate', name)
    expect(await told('shadow', 'status')).toContain('and became the active set on ')
    expect((await service.call('GET', '/v1/audit/verify')).body).toMatchObject({ ok: true })
  })

  it('sees which expression failed, and where', async () => {
    const rule = '  - { id: broken, when: \'account.flags[3] == "x"\', then: { tag: x, because: It breaks } }\n'
    const broken = await rulesDirectory({
      ...RULES,
      'expansion-outreach.yaml': outreach.replace('rules:\n', `rules:\n${rule}`),
    })
    const [name = ''] = /^[0-9a-f]{12}/.exec(await told('shadow', 'start', broken)) ?? []
    await eventually(async () => (await shadow()) !== null)
    const { id } = await ask('initech')
    const status = await told('shadow', 'status')
    expect(status.replace(/\s+/g, ' ')).toContain('An expression of the shadow set failed in 1: it asks')
    expect(status).toMatch(
      new RegExp(`in which an expression of the shadow set failed\n.*\n {2}initech +\\d.* broken: .*account.* ${id}\n`),
    )
    for (const line of status.split('\n')) expect(line.length).toBeLessThanOrEqual(100)
    expect(await told('rules', 'explain', id, '--under', name)).toContain('account.flags[3]')
    await told('shadow', 'stop')
  })

  it('is told what is wrong', async () => {
    const broken = await rulesDirectory(changed('much'))
    expect(await refused('shadow', 'start', broken)).toEqual({
      code: 1,
      stderr: expect.stringMatching(
        /^umpire: the rules do not load; nothing was stored\nexpansion-outreach\.yaml:\d.*`cost` must be a number/s,
      ),
    })
    expect(await refused('shadow', 'start', 'nowhere')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('`nowhere`'),
    })
    expect(await refused('shadow', 'start', '0123456789')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('begins with `0123456789`'),
    })
    const active = (await service.call('GET', '/v1/ruleset')).body.ruleset
    expect(await refused('shadow', 'start', active)).toEqual({
      code: 1,
      stderr: `umpire: \`${active}\` answers already; start a set that is otherwise\n`,
    })
    expect(await refused('shadow', 'stop')).toEqual({ code: 1, stderr: 'umpire: no shadow runs\n' })
    expect(await refused('rules', 'explain', 'question.json', '--under', 'active')).toMatchObject({ code: 2 })
    const other = await rulesDirectory()
    const renamed = outreach.replaceAll('send_expansion_email', 'write')
    await writeFile(path.join(other, 'expansion-outreach.yaml'), renamed)
    const { id } = await ask('globex')
    expect((await refused('rules', 'explain', id, '--under', other)).stderr).toContain(
      'an agent proposed `send_expansion_email`, which `sha256:',
    )
    await writeFile(
      path.join(other, 'expansion-outreach.yaml'),
      outreach.replace('decision: expansion-outreach', 'decision: other'),
    )
    expect((await refused('rules', 'explain', id, '--under', other)).stderr).toContain(
      'has no decision `expansion-outreach` to ask',
    )
  })
})

import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { umpire } from './cli.ts'
import { example } from './webhooks/senders.ts'

const directory = await mkdtemp(path.join(tmpdir(), 'umpire-sources-'))
afterAll(() => rm(directory, { recursive: true }))

describe('umpire sources list', () => {
  it('says who is heard, and what others lack', async () => {
    const { code, stdout } = await umpire(['sources', 'list'], { env: { GAINSIGHT_TOKEN: 'gainsight-token-0123' } })
    expect(code).toBe(0)
    expect(stdout).toMatch(/^ {2}gainsight {3}bearer .* \/v1\/webhooks\/gainsight .* on$/m)
    expect(stdout).toMatch(/^ {2}hubspot {5}hubspot-v3 .* off: the variable/m)
    expect(stdout).toContain('/v1/webhooks/salesforce/<secret>')
    expect(stdout).not.toContain('gainsight-token')
    expect(stdout).toMatch(
      /\n\nin this environment; the service may have another, and says what it lacks at GET \/readyz\n$/,
    )
  })

  it('says where there are none', async () => {
    const { stdout } = await umpire(['sources', 'list', '--rules', 'examples/telco/rules'])
    expect(stdout).toBe('no source is declared; sources.yaml says who may post\n')
  })
})

describe('umpire sources test', () => {
  it('says what each event becomes', async () => {
    const { code, stdout } = await umpire(['sources', 'test', 'hubspot', 'examples/webhooks/hubspot.json'])
    expect(code).toBe(0)
    expect(stdout).toContain(`1. taken in by \`company-number\`
   account hubspot:4711, at 2026-11-20T08:59:58.000Z
   fact arr: 180000

2. taken in by \`company-churn-risk\`
   account hubspot:4711, at 2026-11-20T08:59:59.000Z
   signal churn-radar says churn_risk, confidence 0.82 (id hubspot-3816279341-4711-1795165199000)`)
  })

  it('reads standard input, and prints JSON', async () => {
    const args = ['sources', 'test', 'salesforce', '-', '--json']
    const { code, stdout } = await umpire(args, { stdin: example('salesforce.xml') })
    expect(code).toBe(0)
    expect(JSON.parse(stdout)).toMatchObject([
      {
        kind: 'taken',
        matcher: 'account',
        event: { account: 'salesforce:00124000005aBcDAAU', facts: { arr: 180_000 } },
      },
      { kind: 'taken', matcher: 'renewal', event: { signals: [{ agent: 'crm-deals', confidence: 0.35 }] } },
    ])
  })

  it('says what could not be taken in, and why, without what a terminal obeys', async () => {
    const [event] = JSON.parse(example('hubspot.json'))
    const file = path.join(directory, 'bad.json')
    await writeFile(file, JSON.stringify([event, { ...event, propertyValue: 'many\u001b[2J' }]))
    const { code, stdout, stderr } = await umpire(['sources', 'test', 'hubspot', file])
    expect(code).toBe(1)
    expect(stdout).toMatch(
      /2\. can not be taken in by `company-number`\n {3}`facts`: unable to cast value to a number: /,
    )
    expect(stdout).not.toContain('\u001b')
    expect(stderr).toBe('umpire: 1 of 2 could not be taken in\n')
  })

  it('says of a score that the service would not know what it stands for', async () => {
    const signals = [
      { id: 'one', agent: 'pulse', claim: 'healthy', score: 40 },
      { id: 'two', agent: 'churn-radar', claim: 'churn_risk', score: 40 },
    ]
    const payload = JSON.stringify(signals.map((signal) => ({ account: 'acme', signals: signal })))
    const { code, stdout } = await umpire(['sources', 'test', 'generic', '-'], { stdin: payload })
    expect(code).toBe(1)
    expect(stdout).toContain('signal pulse says healthy, score 40 (id one)')
    expect(stdout.replaceAll(/\s+/g, ' ')).toContain(
      '2. can not be taken in by `event` signal `two`: agent `churn-radar` has no scale that turns a score into a confidence; ' +
        'declare one in agents.yaml or send a confidence',
    )
  })

  it('says what is wrong with what it was given', async () => {
    const failures: [string[], string][] = [
      [['hubspt', 'x.json'], 'no source `hubspt`; did you mean `hubspot`?'],
      [['hubspot', 'x.json'], "can't read `x.json` (ENOENT); name a file as the source sends it"],
      [['gainsight', 'package.json'], '`forEach` finds no events in it'],
      [['salesforce', 'package.json'], 'the body is not well-formed XML'],
      [['hubspot', 'README.md'], 'the body is not valid JSON'],
    ]
    for (const [args, message] of failures) {
      const { code, stderr } = await umpire(['sources', 'test', ...args])
      expect([code, stderr]).toEqual([1, expect.stringContaining(`umpire: ${message}`)])
    }
  })
})

import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { reasonsOf, reloadRules } from '../../src/app/reload.ts'

const decision = (name: string, cost: number) => `decision: ${name}
states: { healthy: { prior: 0.8 }, at_risk: { prior: 0.2 } }
claims: { churn_risk: { pointsAt: [at_risk] } }
actions:
  send: { autonomy: autonomous, loss: { healthy: 0, at_risk: 200 } }
  wait: { autonomy: autonomous, loss: { healthy: 60, at_risk: 0 } }
review: { cost: ${cost}, queue: csm }
`
const cases = (action: string) => `cases:
  - name: a warning
    signals: [{ agent: radar, claim: churn_risk, confidence: 0.9 }]
    expect: { action: ${action} }
`
const AGENTS = 'agents: { radar: { trust: 1 } }'
const SHARED = 'rules: [{ id: large, when: account.arr > 5, then: { tag: large, because: It is large } }]'
const FILES = {
  'a.yaml': decision('a', 400),
  'b.yaml': decision('b', 400),
  'a_test.yaml': cases('wait'),
  'b_test.yaml': cases('wait'),
  'agents.yaml': AGENTS,
  '_all.yaml': SHARED,
}

let directory: string
beforeEach(async () => {
  directory = await mkdtemp(path.join(tmpdir(), 'umpire-reload-'))
  await save(FILES)
})
afterEach(() => rm(directory, { recursive: true, force: true }))

async function save(files: Readonly<Record<string, string | null>>): Promise<void> {
  for (const [name, text] of Object.entries(files)) {
    const file = path.join(directory, name)
    await (text === null ? rm(file) : writeFile(file, text))
  }
}

describe('a reload', () => {
  it.each<[string, Readonly<Record<string, string | null>>, string | null]>([
    ['nothing', {}, null],
    ['another review cost', { 'a.yaml': decision('a', 300) }, null],
    [
      'losses',
      { 'b.yaml': decision('b', 400).replace('healthy: 60', 'healthy: 6000') },
      'b_test.yaml:2: case `a warning`',
    ],
    ['an agent', { 'agents.yaml': AGENTS.replace('1', '0.01') }, 'a_test.yaml:2: case `a warning`'],
    [
      'the shared rules',
      { '_all.yaml': SHARED.replace('account.arr > 5', 'true').replace('tag: large', 'veto: [wait]') },
      'a_test.yaml:2',
    ],
    ['a case', { 'a_test.yaml': cases('send') }, 'a_test.yaml:2: case `a warning`'],
    ['a decision that goes away', { 'a.yaml': null }, 'unknown decision `a`'],
    ['a case that goes away', { 'a_test.yaml': null }, null],
    [
      'all decisions, which go away',
      { 'a.yaml': null, 'b.yaml': null, 'a_test.yaml': null, 'b_test.yaml': null },
      'there is no decision in it',
    ],
    ['a file that is none', { 'a.yaml': 'decision: [' }, 'a.yaml:'],
  ])('after a change of %s comes to what it would come to without what is known', async (_what, change, refused) => {
    const first = await reloadRules(directory)
    expect(first).toHaveProperty('ruleset')
    await save(change)
    const warm = await reloadRules(directory, first.known)
    const cold = await reloadRules(directory)
    const shown = (one: typeof warm) => ('refused' in one ? reasonsOf(one.refused) : one.ruleset.hash)
    expect(shown(warm)).toEqual(shown(cold))
    if (refused === null) expect(warm).toHaveProperty('ruleset')
    else expect('refused' in warm && warm.refused.message).toContain(refused)
    // It is refused for as long as it is wrong, and what is mended is taken.
    expect(shown(await reloadRules(directory, warm.known))).toEqual(shown(cold))
    await save(FILES)
    expect(shown(await reloadRules(directory, warm.known))).toEqual(shown(first))
  })
})

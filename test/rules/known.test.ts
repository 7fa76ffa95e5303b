import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { adjudicate } from '../../src/core/adjudicate.ts'
import {
  type Known,
  type Loaded,
  loadRuleset,
  type Ruleset,
  resolveAgent,
  rulesetFromContent,
} from '../../src/core/rules/load.ts'
import { edited, GOOD } from './good.ts'

const OTHER = `
decision: other
facts: { arr: number, region: string }
states: { keen: { prior: 0.5 }, indifferent: { prior: 0.5 } }
claims: { healthy: { pointsAt: [keen] } }
actions:
  send_discount: { autonomy: copilot, tags: [customer_facing], loss: { keen: 10, indifferent: 0 } }
  nothing: { autonomy: autonomous, loss: { keen: 0, indifferent: 0.0001 * account.arr } }
review: { cost: 5, queue: sales }
rules:
  - { id: far, when: account.region == "apac", then: { escalate: {}, because: Far away } }
`
const SHARED = `
facts: { legalHold: { type: bool, default: false } }
rules:
  - { id: hold, when: account.legalHold, then: { veto: [send_email], because: Lawyers talk } }
  - { id: big, when: account.arr > 250000, then: { autonomyCap: { '#customer_facing': copilot }, because: Big } }
`
const AGENTS = 'agents: { pulse: { kind: health_model, scope: account.arr > 10 } }'
const QUEUES = 'queues: { csm: { due: PT4H }, sales: {}, onboarding: {} }'

/** What each file may say, null where it is not there: changes that matter to others, and mistakes of every kind. */
const VERSIONS: Readonly<Record<string, readonly (string | null)[]>> = {
  'expansion.yaml': [
    GOOD,
    edited(['cost: 40', 'cost: 55']),
    edited(['account.arr * 0.001', 'account.ar * 0.001']),
    edited(['prior: 0.2', 'prior: 0.3']),
    edited(['arr: number,', 'arr: string,']),
    `# Moves all lines\n\n${GOOD}`,
    edited(['queue: csm', 'queue: scm']),
    'decision: [',
    null,
  ],
  'other.yaml': [
    OTHER,
    OTHER.replace('prior: 0.5', 'prior: 0.4').replace('prior: 0.5', 'prior: 0.6'),
    OTHER.replace('decision: other', 'decision: expansion-outreach'),
    OTHER.replace(/facts: .*\n/, ''),
    null,
  ],
  '_all.yaml': [
    SHARED,
    SHARED.replace('250000', '1000'),
    SHARED.replace('type: bool', 'type: string'),
    SHARED.replace('facts: {', 'facts: { region: number,'),
    SHARED.replace('id: hold', 'id: dispute'),
    null,
  ],
  'agents.yaml': [AGENTS, AGENTS.replace('account.arr', 'account.regionn'), 'agents: { pulse: { trust: 2 } }', null],
  'queues.yaml': [QUEUES, QUEUES.replace('sales: {}, ', ''), 'queues: { csm: { due: soon } }', null],
}

/** Mostly the first of its versions, which go together. */
const versionOf = (texts: readonly (string | null)[]) =>
  fc.oneof({ weight: 3, arbitrary: fc.constant(texts[0] ?? null) }, { weight: 1, arbitrary: fc.constantFrom(...texts) })

const sets = fc
  .record(Object.fromEntries(Object.entries(VERSIONS).map(([name, texts]) => [name, versionOf(texts)])))
  .map((texts) => Object.entries(texts).flatMap(([path, text]) => (text === null ? [] : [{ path, text }])))

/** One file after the other, as people edit, or many at once, as deployments do. */
const histories = fc
  .tuple(
    sets,
    fc.array(fc.oneof(sets, fc.record({ name: fc.constantFrom(...Object.keys(VERSIONS)), pick: fc.nat() })), {
      maxLength: 6,
    }),
  )
  .map(([first, edits]) => {
    const history = [first]
    for (const edit of edits) {
      if (Array.isArray(edit)) history.push(edit)
      else {
        const texts = VERSIONS[edit.name]!
        const text = texts[edit.pick % texts.length] ?? null
        const others = history.at(-1)!.filter(({ path }) => path !== edit.name)
        history.push(text === null ? others : [...others, { path: edit.name, text }])
      }
    }
    return history
  })

describe('what is known of an earlier load', () => {
  it('changes nothing about a later one, whatever was edited in between', () => {
    fc.assert(
      fc.property(histories, (history) => {
        let known: Known | undefined
        for (const files of history) {
          const loaded = loadRuleset(files, [], known)
          expect(shown(loaded)).toEqual(shown(loadRuleset(files)))
          known = loaded.known
        }
      }),
      { numRuns: 60 },
    )
  })

  it('changes nothing about a stored ruleset', () => {
    fc.assert(
      fc.property(sets, sets, (one, other) => {
        const [first, second] = [loadRuleset(one).ruleset, loadRuleset(other).ruleset]
        fc.pre(first !== null && second !== null)
        const ruleset = rulesetFromContent(second!.content, first!)
        expect(meant(ruleset)).toEqual(meant(second!))
      }),
      { numRuns: 20 },
    )
  })

  it('is taken over where it still holds', () => {
    const files = { 'expansion.yaml': GOOD, 'other.yaml': OTHER, '_all.yaml': SHARED, 'agents.yaml': AGENTS }
    const load = (changed: Readonly<Record<string, string>>, known?: Known) =>
      loadRuleset(
        Object.entries({ ...files, ...changed }).map(([path, text]) => ({ path, text })),
        [],
        known,
      )
    const first = load({})
    const takenOver = (changed: Readonly<Record<string, string>>) =>
      [...load(changed, first.known).ruleset!.decisions].flatMap(([name, decision]) =>
        first.ruleset!.decisions.get(name) === decision ? name : [],
      )
    expect(takenOver({})).toEqual(['expansion-outreach', 'other'])
    expect(takenOver({ 'other.yaml': OTHER.replace('cost: 5', 'cost: 6') })).toEqual(['expansion-outreach'])
    expect(takenOver({ '_all.yaml': SHARED.replace('250000', '1000') })).toEqual([])
    // A mistake in between takes nothing away.
    const broken = load({ 'other.yaml': 'decision: [' }, first.known)
    expect(broken.ruleset).toBeNull()
    expect(load({}, broken.known).ruleset?.decisions.get('expansion-outreach')).toBe(
      first.ruleset?.decisions.get('expansion-outreach'),
    )
  })
})

function shown({ ruleset, problems, sources }: Loaded) {
  const files = [...sources.decisions.values(), sources.shared, sources.agents]
  return {
    problems,
    ruleset: ruleset && meant(ruleset),
    places: files.map((file) => file && [file.path, file.value, file.at(['rules', 0, 'id'], '')]),
  }
}

/** What tells rulesets apart: all that they say, and what they answer. */
function meant(ruleset: Ruleset) {
  const { hash, content, decisions, agents, queues, facts } = ruleset
  return {
    hash,
    content,
    queues,
    facts,
    agents: [...agents.declared].map(([name, { scope, ...agent }]) => [name, scope?.source, agent]),
    decisions: [...decisions.values()].map((decision) => [
      decision.name,
      decision.meaning,
      decision.reads,
      decision.queues,
      ...[20, 180_000, 300_000].map((arr) => answer(ruleset, decision.name, arr)),
    ]),
  }
}

function answer({ decisions, agents }: Ruleset, decision: string, arr: number) {
  const now = Date.parse('2026-11-20T09:00:00Z')
  return adjudicate(decisions.get(decision)!, {
    account: 'acme',
    now,
    draw: 0.5,
    facts: { arr, segment: 'smb', region: 'apac', legalHold: arr > 200_000, onboardedAt: '2026-11-01T09:00:00Z' },
    signals: [
      {
        sequence: 1,
        id: 's1',
        agent: 'pulse',
        claim: 'healthy',
        confidence: 0.9,
        score: null,
        observedAt: now - 100 * 3600_000,
        expiresAt: null,
      },
    ],
    agents: new Map([['pulse', resolveAgent('pulse', agents, null)]]),
    proposal: null,
    ruling: null,
  })
}

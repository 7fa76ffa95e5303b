import { describe, expect, it } from 'vitest'
import { diffRulesets } from '../../src/core/rules/diff.ts'
import { formatProblem, loadRuleset, rulesetFromContent } from '../../src/core/rules/load.ts'
import { GOOD } from './good.ts'

const SOURCE = `sources:
  hubspot:
    description: Companies
    auth: { scheme: hubspot-v3, secretFrom: HUBSPOT_CLIENT_SECRET }
    agents: [pulse]
    matchers:
      - name: arr
        match: { subscriptionType: company.propertyChange, propertyName: [arr, annualrevenue] }
        when: objectId > 0
        account: '"hubspot:" & objectId'
        at: occurredAt
        facts: '{ "arr": $number(propertyValue) }'
      - name: names
        match: { propertyName: name }
        ignore: true
`

function load(text: string) {
  return loadRuleset([
    { path: 'good.yaml', text: GOOD },
    { path: 'sources.yaml', text },
  ])
}

const problems = (text: string) => load(text).problems.map(formatProblem)

/** The file with a piece of it replaced. */
const but = (piece: string, other: string) => {
  if (!SOURCE.includes(piece)) throw new Error(`no \`${piece}\` in the file`)
  return SOURCE.replace(piece, other)
}

describe('sources.yaml', () => {
  it('is part of the ruleset, and of its hash', () => {
    const { ruleset, problems } = load(SOURCE)
    expect(problems).toEqual([])
    expect(ruleset?.sources.get('hubspot')).toEqual({
      name: 'hubspot',
      description: 'Companies',
      auth: { scheme: 'hubspot-v3', secretFrom: ['HUBSPOT_CLIENT_SECRET'], deliveryHeader: 'x-github-delivery' },
      format: 'json',
      organizationFrom: null,
      agents: ['pulse'],
      forEach: null,
      matchers: [
        {
          name: 'arr',
          match: { subscriptionType: ['company.propertyChange'], propertyName: ['arr', 'annualrevenue'] },
          when: 'objectId > 0',
          makes: {
            account: '"hubspot:" & objectId',
            aliases: null,
            at: 'occurredAt',
            facts: '{ "arr": $number(propertyValue) }',
            signals: null,
          },
        },
        { name: 'names', match: { propertyName: ['name'] }, when: null, makes: null },
      ],
    })
    expect(ruleset?.hash).not.toBe(load(but('objectId > 0', 'objectId > 1')).ruleset?.hash)
    expect(rulesetFromContent(ruleset!.content).sources).toEqual(ruleset?.sources)
  })

  it('may be absent', () => {
    expect(loadRuleset([{ path: 'good.yaml', text: GOOD }]).ruleset?.sources.size).toBe(0)
  })

  it('says where an expression is wrong, and how', () => {
    const faults = [
      ['$number(propertyValue) }', '$nmber(propertyValue) }', '12:26 error: unknown `$nmber`; did you mean `$number`?'],
      ['$number(propertyValue) }', '$number(propertyValue', '12:47 error: the expression ends before its `)`'],
      ['$number(propertyValue) }', '$number(propertyValue)', '12:48 error: the expression ends before its `}`'],
      ['objectId > 0', 'objectId > > 0', '9:26 error: unexpected `>`; nothing of the kind can stand here'],
      ['objectId > 0', 'objectId >', '9:25 error: the expression ends too early'],
      ['& objectId', '& $random()', '10:32 error: an event that is sent or replayed again must become the same'],
      ['& objectId', '& $eval(objectId)', '10:32 error: what is sent is never run, so there is no `$eval`'],
      ['at: occurredAt', 'at: $now()', '11:13 error: an event that is sent or replayed again must become the same'],
      ['"hubspot:" &', '"hubspot: &', '10:19 error: a text without the quotation mark that ends it'],
    ] as const
    for (const [piece, other, expected] of faults) {
      expect.soft(problems(but(piece, other))).toEqual([expect.stringContaining(`sources.yaml:${expected}`)])
    }
  })

  it('takes variables that an expression binds itself, and when the event arrived', () => {
    const at = "'($x := occurredAt; $map([$x], function($v) { $v })[0] ~> $string; $toMillis($receivedAt))'"
    expect(problems(but('at: occurredAt', `at: ${at}`))).toEqual([])
  })

  it('says what is wrong with the rest', () => {
    const faults = [
      ['hubspot-v3', 'hubspot', '4:21 error: `scheme` must be `standard-webhooks`, `hubspot-v3`, `hub-signature-256`'],
      ['HUBSPOT_CLIENT_SECRET', 'hunter2-0815', '4:45 error: write the name of an environment variable'],
      ['  hubspot:\n', '  rejected:\n', '2:3 error: `rejected` is a path of the API already; choose another name'],
      ['        ignore: true\n', '', '13:9 error: nothing comes of it; add `facts`, `signals` or `aliases`'],
      ['ignore: true', 'ignore: true\n        facts: "{}"', '16:16 error: what is ignored becomes nothing; remove one'],
      [`        account: '"hubspot:" & objectId'\n`, '', '7:9 error: `account` is missing; say which account'],
      ['name: names', 'name: arr', '13:15 error: a matcher `arr` is there already; rename one'],
      ['agents: [pulse]', 'format: salesforce', '3:5 error: `organizationFrom` is missing'],
      ['agents: [pulse]', 'organizationFrom: ORG', '5:23 error: only `format: salesforce` has organizations'],
      ['facts: \'{ "arr"', 'signals: \'{ "arr"', null],
      ['at: occurredAt', 'on: occurredAt', '11:9 error: unknown key `on`'],
      [
        'HUBSPOT_CLIENT_SECRET }',
        'HUBSPOT_CLIENT_SECRET, deliveryHeader: X-Id }',
        '4:84 error: `hubspot-v3` has no header of that kind; leave it out',
      ],
    ] as const
    for (const [piece, other, expected] of faults) {
      const found = problems(but(piece, other))
      if (expected === null) expect.soft(found).toEqual([])
      else expect.soft(found).toEqual([expect.stringContaining(`sources.yaml:${expected}`)])
    }
  })

  it('does not repeat what may be a secret', () => {
    expect(problems(but('HUBSPOT_CLIENT_SECRET', 'hunter2-0815')).join()).not.toContain('hunter2')
  })

  it('needs an agent to speak for', () => {
    const silent = but('facts: \'{ "arr"', 'signals: \'{ "arr"').replace('    agents: [pulse]\n', '')
    expect(problems(silent)).toEqual([expect.stringContaining('11:18 error: the source speaks for no agent')])
  })

  it('notices a matcher that nothing reaches', () => {
    const open = SOURCE.replace(/ {8}(match: \{ sub|when).*\n/g, '')
    expect(problems(open)).toEqual([expect.stringContaining('11:15 error: no event comes this far')])
  })
})

describe('what changed in sources', () => {
  const diff = (one: string, other: string) =>
    diffRulesets(load(one).ruleset!, load(other).ruleset!).map((change) => change.text)

  it('is told field by field, without defaults and layout', () => {
    expect(diff(SOURCE, but('    agents', '    format: json\n    agents'))).toEqual([])
    expect(diff(SOURCE, but('"arr": $number', '"arr":  $number'))).toEqual([])
    expect(diff(SOURCE, but('HUBSPOT_CLIENT_SECRET', 'HUBSPOT_SECRET'))).toEqual([
      'sources: source hubspot: auth secret from HUBSPOT_CLIENT_SECRET → HUBSPOT_SECRET',
    ])
    expect(diff('sources: {}\n', SOURCE)).toEqual([expect.stringContaining('sources: source hubspot added')])
  })

  it('includes the order of matchers', () => {
    const [, first = '', second = ''] = /( {6}- name: arr[\s\S]*)( {6}- name: names[\s\S]*)$/.exec(SOURCE) ?? []
    expect(diff(SOURCE, SOURCE.replace(first + second, second + first))).toEqual([
      'sources: source hubspot: matchers in another order: arr, names → names, arr',
    ])
  })
})

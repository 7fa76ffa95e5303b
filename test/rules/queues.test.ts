import { describe, expect, it } from 'vitest'
import { NO_QUEUES, queueOf } from '../../src/core/queues.ts'
import { formatProblem, loadRuleset, type Ruleset, rulesetFromContent } from '../../src/core/rules/load.ts'
import { GOOD, problemsOf } from './good.ts'

/** A file in which everything that can be written is written. */
const QUEUES = `queues:
  csm:
    description: Customer success managers
    due: PT8H
    hours: { zone: Europe/Berlin, days: [fri, mon], from: "09:00", to: "17:30", holidays: [2026-12-25] }
    lease: PT5M
    onExpiry: { raise: { queue: onboarding, priority: 100 } }
    blind: true
    notify:
      - { webhook: https://hooks.example.com/umpire, secretFrom: UMPIRE_CSM_SECRET, events: [opened, overdue] }
      - { slackFrom: UMPIRE_CSM_SLACK }
      - { name: crm, webhookFrom: CRM_URL, secretFrom: CRM_SECRET }
  onboarding: { onExpiry: fallback }
notify:
  - { webhook: 'http://localhost:9000/', secretFrom: LOCAL_SECRET }
  - { slack: https://hooks.slack.com/x, events: [resolved, adjudication.resolved] }
reasons:
  wrong_data: The data were wrong
`
const HOUR = 3_600_000

function load(queues: string | null): Ruleset {
  const files = [{ path: 'd.yaml', text: GOOD }]
  if (queues !== null) files.push({ path: 'queues.yaml', text: queues })
  const { ruleset, problems } = loadRuleset(files)
  if (ruleset === null) throw new Error(problems.map(formatProblem).join('\n'))
  return ruleset
}

describe('queues.yaml', () => {
  const { queues } = load(QUEUES)

  it('says how each queue is worked', () => {
    expect(queueOf(queues, 'csm')).toMatchObject({
      name: 'csm',
      description: 'Customer success managers',
      due: 8 * HOUR,
      lease: HOUR / 12,
      onExpiry: { kind: 'raise', queue: 'onboarding', priority: 100 },
      blind: true,
    })
    expect(queueOf(queues, 'csm').hours).toEqual({
      zone: 'Europe/Berlin',
      days: [1, 5],
      from: 9 * 60,
      to: 17 * 60 + 30,
      holidays: new Set(['2026-12-25']),
    })
  })

  it('has defaults for what it leaves out', () => {
    const bare = { description: '', due: 24 * HOUR, lease: HOUR / 4, hours: null, blind: false, targets: [] }
    expect(queueOf(queues, 'onboarding')).toEqual({ ...bare, name: 'onboarding', onExpiry: { kind: 'fallback' } })
    expect(queueOf(queues, 'ops')).toEqual({ ...bare, name: 'ops', onExpiry: { kind: 'keep' } })
    expect(queueOf(NO_QUEUES, 'csm')).toEqual({ ...bare, name: 'csm', onExpiry: { kind: 'keep' } })
  })

  it('works from Monday to Friday where it gives no days', () => {
    const some = load('queues: { csm: { hours: { zone: UTC, from: "00:00", to: "24:00" } }, onboarding: {} }').queues
    expect(queueOf(some, 'csm').hours).toMatchObject({ days: [1, 2, 3, 4, 5], from: 0, to: 1440, holidays: new Set() })
  })

  it('says who is told of what', () => {
    const ofQueue = ['opened', 'changed', 'reminder', 'overdue', 'resolved', 'withdrawn'].map((e) => `escalation.${e}`)
    expect(queueOf(queues, 'csm').targets).toEqual([
      {
        id: 'csm/1',
        kind: 'webhook',
        url: 'https://hooks.example.com/umpire',
        urlFrom: null,
        secretFrom: 'UMPIRE_CSM_SECRET',
        events: ['escalation.opened', 'escalation.overdue'],
      },
      {
        id: 'csm/2',
        kind: 'slack',
        url: null,
        urlFrom: 'UMPIRE_CSM_SLACK',
        secretFrom: null,
        events: ['escalation.opened', 'escalation.reminder', 'escalation.overdue'],
      },
      { id: 'crm', kind: 'webhook', url: null, urlFrom: 'CRM_URL', secretFrom: 'CRM_SECRET', events: ofQueue },
    ])
    expect(queues.targets).toEqual([
      {
        id: 'all/1',
        kind: 'webhook',
        url: 'http://localhost:9000/',
        urlFrom: null,
        secretFrom: 'LOCAL_SECRET',
        events: [...ofQueue, 'adjudication.resolved'],
      },
      {
        id: 'all/2',
        kind: 'slack',
        url: 'https://hooks.slack.com/x',
        urlFrom: null,
        secretFrom: null,
        events: ['escalation.resolved', 'adjudication.resolved'],
      },
    ])
  })

  it('lists why people decide as they do', () => {
    expect([...queues.reasons]).toEqual([['wrong_data', 'The data were wrong']])
  })

  it('is known to each decision', () => {
    const ruleset = load(QUEUES)
    expect(ruleset.decisions.get('expansion-outreach')?.queues).toBe(ruleset.queues)
  })

  it('may be absent, and then any queue may be named', () => {
    expect(load(null).queues).toEqual(NO_QUEUES)
    expect(load('reasons: {}').queues).toEqual(NO_QUEUES)
  })

  it('is the same again from the stored content', () => {
    const ruleset = load(QUEUES)
    expect(rulesetFromContent(ruleset.content).queues).toEqual(ruleset.queues)
  })
})

/** What is wrong, the piece of the file that is replaced, by what, and every problem that comes of it. */
const TABLE: readonly (readonly [what: string, from: string, to: string, problems: readonly string[]])[] = [
  ['an unknown key', 'lease:', 'leese:', ['queues.yaml:6:5 error: unknown key `leese`; did you mean `lease`?']],
  [
    'several mistakes at once',
    'due: PT8H\n    hours: { zone: Europe/Berlin',
    'due: 8h\n    hours: { zone: Berlin',
    [
      'queues.yaml:4:10 error: `8h` is no ISO 8601 duration; write it as in `P14D`, `PT8H` or `P1DT12H`',
      'queues.yaml:5:20 error: `Berlin` is no time zone; did you mean `Europe/Berlin`?',
    ],
  ],
  [
    'a misspelt zone',
    'Europe/Berlin',
    'Europe/Berln',
    ['queues.yaml:5:20 error: `Europe/Berln` is no time zone; did you mean `Europe/Berlin`?'],
  ],
  [
    'an offset as a zone, which knows no summer time',
    'Europe/Berlin',
    '"+01:00"',
    ['queues.yaml:5:20 error: `+01:00` is no time zone; write one as in `Europe/Berlin`'],
  ],
  [
    'a weekday in full',
    '[fri, mon]',
    '[friday]',
    [
      'queues.yaml:5:42 error: item 1 of `days` must be `mon`, `tue`, `wed`, `thu`, `fri`, `sat` or `sun`, not `friday`',
    ],
  ],
  ['no weekday', '[fri, mon]', '[]', ['queues.yaml:5:41 error: `days` must not be empty']],
  [
    'no time of day',
    '"17:30"',
    '"5pm"',
    ['queues.yaml:5:72 error: `5pm` is no time of day; write it as in `09:00` or `17:30`'],
  ],
  [
    'a time that is over at midnight',
    '"17:30"',
    '"24:30"',
    ['queues.yaml:5:72 error: `24:30` is no time of day; write it as in `09:00` or `17:30`'],
  ],
  [
    'hours past midnight',
    '"17:30"',
    '"02:00"',
    ['queues.yaml:5:72 error: `to` must be later than `from`; hours that go past midnight end at `"24:00"`'],
  ],
  [
    'no date',
    '2026-12-25',
    '2026-02-30',
    ['queues.yaml:5:92 error: `2026-02-30` is no date; write it as in `2026-12-25`'],
  ],
  [
    'another end',
    'onExpiry: fallback',
    'onExpiry: fall_back',
    ['queues.yaml:13:27 error: `onExpiry` must be `keep` or `fallback`, not `fall_back`; did you mean `fallback`?'],
  ],
  ['a raise without a priority', ', priority: 100', '', ['queues.yaml:7:17 error: `priority` is missing']],
  [
    'a raise to a queue that there is not',
    'queue: onboarding',
    'queue: onbording',
    ['queues.yaml:7:33 error: unknown queue `onbording`; did you mean `onboarding`?'],
  ],
  [
    'a raise to itself',
    'queue: onboarding',
    'queue: csm',
    ['queues.yaml:7:33 error: `csm` raises to itself; name another queue'],
  ],
  [
    'a raise that comes back',
    'onExpiry: fallback',
    'onExpiry: { raise: { queue: csm, priority: 1 } }',
    [
      'queues.yaml:7:33 error: what `csm` raises comes back to it; let one of the queues keep it',
      'queues.yaml:13:45 error: what `onboarding` raises comes back to it; let one of the queues keep it',
    ],
  ],
  [
    'the name that stands for all',
    '  onboarding: {',
    '  all: {}\n  onboarding: {',
    ['queues.yaml:13:3 error: `all` stands for every queue; choose another name'],
  ],
  [
    'nobody to tell',
    '{ slackFrom: UMPIRE_CSM_SLACK }',
    '{ events: [opened] }',
    ['queues.yaml:11:9 error: nobody is told; add `webhook`, `webhookFrom` or `slackFrom`'],
  ],
  [
    'two addresses',
    '{ slackFrom: UMPIRE_CSM_SLACK }',
    '{ slackFrom: UMPIRE_CSM_SLACK, webhookFrom: CSM_URL, secretFrom: CSM_SECRET }',
    ['queues.yaml:11:22 error: a target has one address; make one of its own of `slackFrom`'],
  ],
  [
    'a webhook without a secret',
    ', secretFrom: CRM_SECRET',
    '',
    [
      'queues.yaml:12:9 error: `secretFrom` is missing; webhooks are signed, so name the variable that holds the secret',
    ],
  ],
  [
    'a signature for Slack',
    '{ slackFrom: UMPIRE_CSM_SLACK }',
    '{ slackFrom: UMPIRE_CSM_SLACK, secretFrom: X }',
    ['queues.yaml:11:52 error: Slack checks no signature; leave `secretFrom` out'],
  ],
  [
    'a secret in the file',
    'CRM_SECRET',
    'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw',
    [
      'queues.yaml:12:56 error: write the name of an environment variable, as in `UMPIRE_CSM_SECRET`; what is secret is not for a file',
    ],
  ],
  [
    'a plain http address',
    'https://hooks.example.com/umpire',
    'http://hooks.example.com/umpire',
    [
      'queues.yaml:10:20 error: notices go to `https:` addresses only, or to `http://localhost` while you try things out',
    ],
  ],
  [
    'another protocol',
    'https://hooks.example.com/umpire',
    'file:///etc/passwd',
    [
      'queues.yaml:10:20 error: notices go to `https:` addresses only, or to `http://localhost` while you try things out',
    ],
  ],
  [
    'no address',
    'https://hooks.example.com/umpire',
    'hooks.example.com/umpire',
    ['queues.yaml:10:20 error: write all of the address, as in `https://hooks.example.com/umpire`'],
  ],
  [
    'a password in an address',
    'https://hooks.example.com/umpire',
    'https://umpire:hunter2@hooks.example.com/',
    ['queues.yaml:10:20 error: a password is not for a file; put the address into a variable'],
  ],
  [
    'a misspelt event',
    'opened, overdue',
    'opend, overdue',
    [
      'queues.yaml:10:94 error: item 1 of `events` must be `opened`, `changed`, `reminder`, `overdue`, `resolved`, `withdrawn` or `adjudication.resolved`, not `opend`; did you mean `opened`?',
    ],
  ],
  [
    'an event of no queue',
    'opened, overdue',
    'opened, adjudication.resolved',
    [
      'queues.yaml:10:102 error: `adjudication.resolved` is of no queue; ask for it under `notify` at the top of the file',
    ],
  ],
  [
    'two targets of a name',
    '{ slack: https',
    '{ name: crm, slack: https',
    ['queues.yaml:16:13 error: a target `crm` is there already; rename one'],
  ],
  [
    'a reason without words',
    'wrong_data: The data were wrong',
    'wrong_data: ""',
    ['queues.yaml:18:15 error: `wrong_data` must not be empty'],
  ],
]

describe('problems in queues.yaml', () => {
  it.each(TABLE)('%s', (_what, from, to, problems) => {
    if (!QUEUES.includes(from)) throw new Error(`the file has no ${from}`)
    expect(problemsOf({ 'd.yaml': GOOD, 'queues.yaml': QUEUES.replace(from, () => to) })).toEqual(problems)
  })
})

describe('a queue that is named', () => {
  const shared = (queue: string) => `rules:
  - id: angry
    when: true
    then: { escalate: { queue: ${queue} }, because: Someone is angry }
`

  it('must be declared, in reviews, rules and shared rules, once any is', () => {
    const queues = 'queues: { csms: {}, legal: {} }'
    expect(problemsOf({ '_all.yaml': shared('legl'), 'd.yaml': GOOD, 'queues.yaml': queues })).toEqual([
      '_all.yaml:4:32 error: unknown queue `legl`; did you mean `legal`?',
      'd.yaml:20:28 error: unknown queue `csm`; did you mean `csms`?',
      'd.yaml:29:26 error: unknown queue `onboarding`; declare it in `queues.yaml`',
    ])
  })

  it('may be `ops` undeclared', () => {
    const queues = 'queues: { csm: {}, onboarding: {} }'
    expect(problemsOf({ '_all.yaml': shared('ops'), 'd.yaml': GOOD, 'queues.yaml': queues })).toEqual([])
  })

  it('counts as declared though its declaration is not in order', () => {
    const queues = 'queues: { csm: { due: soon }, onboarding: {} }'
    expect(problemsOf({ 'd.yaml': GOOD, 'queues.yaml': queues })).toEqual([
      'queues.yaml:1:23 error: `soon` is no ISO 8601 duration; write it as in `P14D`, `PT8H` or `P1DT12H`',
    ])
  })
})

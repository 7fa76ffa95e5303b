import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Notice } from '../../src/app/notices/notice.ts'
import { slackBody } from '../../src/app/notices/slack.ts'

type Signal = { agent: string; claim: string; confidence: number | null; contribution: number; used: boolean }

const signal = (agent: string, claim: string, confidence: number | null, contribution: number): Signal => ({
  agent,
  claim,
  confidence,
  contribution,
  used: true,
})

const ITEM = {
  account: 'acme',
  rule: null,
  kind: 'decision',
  recommended: 'wait',
  regret: 59.1,
  resolution: null,
  blind: false,
}
const ANSWER = {
  recommendation: { confidence: 0.452 },
  reviewCost: 40,
  signals: [
    signal('pulse', 'healthy', 0.9, 0.7),
    signal('quiet', 'healthy', 0.5, 0),
    { ...signal('shadow', 'healthy', 0.99, 3), used: false },
    signal('churn-radar', 'churn_risk', 0.82, -2.4),
    signal('a', 'b', null, 0.1),
    signal('c', 'd', 0.6, 0.05),
  ],
  rules: [
    { because: 'People own the first thirty days' },
    { because: 'People own the first thirty days' },
    { because: '' },
  ],
}

function bodyOf(item: object = {}, answer: object | null = {}, notice: Partial<Notice> = {}) {
  const body = slackBody({
    event: 'escalation.opened',
    at: 0,
    item: { ...ITEM, ...item } as never,
    answer: answer && ({ ...ANSWER, ...answer } as never),
    question: 'May a copilot reach out about expansion?',
    url: 'https://umpire.example.com/v1/escalations/1',
    ...notice,
  })
  return JSON.parse(body) as { text: string; blocks: { type: string; text: { type: string; text: string } }[] }
}

describe('a message', () => {
  it('says what is asked, what is recommended, at what cost, and the three weightiest reasons', () => {
    expect(bodyOf().text).toBe(`*A person decides*: \`acme\`
May a copilot reach out about expansion?
Recommended: \`wait\` (45 % sure)
The risk of a mistake costs about $59, a look $40
• \`churn-radar\`: \`churn_risk\` 82 %
• \`pulse\`: \`healthy\` 90 %
• \`a\`: \`b\`
• People own the first thirty days
<https://umpire.example.com/v1/escalations/1|Open it>`)
  })

  it('has the same in blocks', () => {
    const { text, blocks } = bodyOf()
    expect(blocks.map((block) => block.text.text).join('\n')).toBe(text)
    for (const { type, text } of blocks) {
      expect([type, text]).toMatchObject(['section', { type: 'mrkdwn', verbatim: true }])
    }
  })

  it('says where nothing is permitted, what has been decided, and what can not be evaluated', () => {
    expect(bodyOf({ recommended: null }).text).toContain('Recommended: nothing is permitted')
    const resolution = { resolution: 'override', action: 'wait', by: 'maria', reason: 'knows' }
    expect(bodyOf({ resolution }, {}, { event: 'escalation.resolved' }).text).toMatch(
      /^\*Decided\*: `acme`\n.*\nAnswer: override `wait`, by `maria` \(`knows`\)\nRecommended: `wait`\n/,
    )
    const dismissed = { ...resolution, resolution: 'dismiss', action: null }
    expect(bodyOf({ resolution: dismissed }).text).toContain('Answer: dismiss, by `maria` (`knows`)')
    expect(bodyOf({ rule: 'renewal.big-deal' }, null).text).toMatch(
      /^\*A person decides\*: `renewal\.big-deal`, which can't be evaluated\nRecommended/,
    )
    expect(bodyOf({ kind: 'sample' }).text).toMatch(/^\*A sample to look at\*/)
  })

  it('calls nobody and links nowhere, whatever things are called', () => {
    const account =
      '<!channel> *Approved* <https://evil.example|Open it> & `x` and more of it, as long as it takes, https://evil.example'
    const { text, blocks } = bodyOf({ account }, { signals: [signal('<@U1>', '@here', 0.5, 1)] })
    for (const shown of [text, ...blocks.map((block) => block.text.text)]) {
      expect(shown.match(/<[^>]*>/g) ?? []).toEqual(
        shown.includes('Open it>') ? ['<https://umpire.example.com/v1/escalations/1|Open it>'] : [],
      )
    }
    expect(text).toContain(
      "*A person decides*: `&lt;!channel&gt; *Approved* &lt;https://evil.example|Open it&gt; &amp; 'x' and more of it, as l…`\n",
    )
    expect(text).toContain('• `&lt;@U1&gt;`: `@here` 50 %')
  })

  it('is one that Slack takes, however long things are called and whatever is in them', () => {
    const long = fc.oneof(
      fc.string({ unit: 'binary', minLength: 1, maxLength: 250 }),
      fc.constantFrom('<', '&', '`', '💥').map((character) => character.repeat(200)),
    )
    fc.assert(
      fc.property(long, long, long, (account, agent, because) => {
        const signals = [1, 2, 3].map((x) => signal(agent, agent, 0.995, x))
        const rules = [1, 2, 3, 4].map((n) => ({ because: `${n}${because.repeat(9).replaceAll('`', '')}` }))
        const resolution = { resolution: 'override', action: agent, by: account, reason: because }
        const { blocks } = bodyOf(
          { account, resolution, recommended: agent },
          { signals, rules },
          { question: because.replaceAll('`', '') },
        )
        for (const { text } of blocks) {
          expect(text.text.length).toBeGreaterThan(0)
          expect(text.text.length).toBeLessThanOrEqual(3000)
          expect(text.text.replace(/&(amp|lt|gt);/g, '').replace(/<https:[^<>&]*\|Open it>/, '')).not.toMatch(/[<>&]/)
          // Names are code: their ticks come in pairs, on one line.
          for (const line of text.text.split('\n')) expect((line.match(/`/g) ?? []).length % 2).toBe(0)
        }
      }),
    )
  })
})

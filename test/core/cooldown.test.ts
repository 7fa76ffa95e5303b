import { describe, expect, it } from 'vitest'
import { adjudicate } from '../../src/core/adjudicate.ts'
import { takenOf } from '../../src/core/cooldown.ts'
import type { Decision, Taken } from '../../src/core/model.ts'
import { DAY, expansion, HOUR, NOW, PULSE, question } from './fixtures.ts'

const SEND = { agent: 'renewal-copilot', action: 'send_expansion_email' }

const sent = (ago: number, fields: Partial<Taken> = {}): Taken => ({
  sequence: 7,
  action: 'send_expansion_email',
  tags: ['customer_facing'],
  at: NOW - ago,
  ...fields,
})

/** The decision of the design, whose e-mail is not sent again for so long. */
function withCooldown(cooldown: number | null, tag: number | null = null): Decision {
  const plain = expansion()
  const [send, wait] = plain.actions
  return expansion({
    actions: [{ ...send!, cooldown }, wait!],
    cooldowns: new Map(tag === null ? [] : [['customer_facing', tag]]),
  })
}

function ask(decision: Decision, taken: readonly Taken[]) {
  const asked = question([PULSE], { proposal: SEND, taken })
  return { answer: adjudicate(decision, asked), bearing: takenOf(decision, asked).map(({ sequence }) => sequence) }
}

describe('a cooldown', () => {
  it('vetoes what was done within it, as a rule that says why', () => {
    const { answer } = ask(withCooldown(14 * DAY), [sent(2 * DAY)])
    expect(answer.proposal).toMatchObject({ verdict: 'deny', reasons: ['vetoed'] })
    expect(answer.recommendation.action).toBe('wait')
    expect(answer.rules).toEqual([
      {
        id: 'cooldown:send_expansion_email',
        effect: 'veto',
        because: 'Send expansion email was done two days ago; it is not done again before 2 December',
      },
    ])
    expect(answer.summary).toBe(
      'Denied: send expansion email; wait instead. Send expansion email was done two days ago; it is not done again before 2 December.',
    )
  })

  it('is over to the millisecond', () => {
    expect(ask(withCooldown(DAY), [sent(DAY - 1)]).answer.proposal?.verdict).toBe('deny')
    expect(ask(withCooldown(DAY), [sent(DAY)]).answer.proposal?.verdict).toBe('allow')
  })

  it('of an action counts that action only, under whatever decision it was done', () => {
    expect(ask(withCooldown(DAY), [sent(HOUR, { action: 'call' })]).answer.proposal?.verdict).toBe('allow')
    expect(ask(withCooldown(DAY), [sent(HOUR, { tags: [] })]).answer.proposal?.verdict).toBe('deny')
  })

  it('of a tag counts every action that carried it', () => {
    const call = sent(HOUR, { action: 'invite_to_webinar' })
    const { answer } = ask(withCooldown(null, DAY), [call])
    expect(answer.rules.map(({ id }) => id)).toEqual(['cooldown:#customer_facing'])
    expect(answer.summary).toContain(
      'Invite to webinar was done today; nothing customer facing is done again before 21 November',
    )
    expect(ask(withCooldown(null, DAY), [{ ...call, tags: [] }]).answer.proposal?.verdict).toBe('allow')
  })

  it('runs from the last time, and only that one bears on the answer', () => {
    const { answer, bearing } = ask(withCooldown(2 * DAY), [
      sent(DAY, { sequence: 9 }),
      sent(3 * DAY, { sequence: 4 }),
      sent(HOUR, { sequence: 12, action: 'call' }),
    ])
    expect(bearing).toEqual([9])
    expect(answer.rules[0]?.because).toContain('one day ago')
  })

  it('ends the time for which the answer may be used', () => {
    const { answer } = ask(withCooldown(DAY), [sent(DAY - 60_000)])
    expect(answer.validUntil).toBe(NOW + 60_000)
  })

  it('changes nothing where nothing was done', () => {
    const without = adjudicate(expansion(), question([PULSE], { proposal: SEND }))
    expect(ask(withCooldown(14 * DAY, 14 * DAY), []).answer).toEqual(without)
    expect(ask(withCooldown(null), [sent(HOUR)]).answer).toEqual(without)
  })
})

import { describe, expect, it } from 'vitest'
import { answerOf, byDecision } from '../../src/core/comparison.ts'

const acts = (action: string | null) => ({ action, disposition: 'act' }) as const
const asks = (action: string | null) => ({ action, disposition: 'escalate' }) as const

describe('an answer', () => {
  it('is what happens with the account, whether somebody looks afterwards or not', () => {
    expect(answerOf(acts('wait'))).toBe('act wait')
    expect(answerOf({ action: 'wait', disposition: 'act_and_review' })).toBe('act wait')
    expect(answerOf({ action: 'wait', disposition: 'suggest' })).toBe('suggest wait')
    expect(answerOf(asks('wait'))).toBe('escalate')
    expect(answerOf(asks(null))).toBe('escalate')
  })
})

describe("a person's decision", () => {
  it.each([
    ['for acting as they did rather than asking', asks('send'), acts('wait'), 'agree'],
    ['for asking rather than acting otherwise', acts('send'), asks('send'), 'agree'],
    ['for acting as they did rather than otherwise', acts('send'), acts('wait'), 'agree'],
    ['against asking rather than acting as they did', acts('wait'), asks('wait'), 'contradict'],
    ['against acting otherwise rather than asking', asks('wait'), acts('send'), 'contradict'],
    ['for neither where both are wrong', acts('send'), acts('call'), 'neither'],
  ] as const)('speaks %s', (_what, before, after, speaks) => {
    expect(byDecision('wait', before, after)).toBe(speaks)
  })
})

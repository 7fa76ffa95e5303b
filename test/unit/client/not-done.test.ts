import { describe, expect, it } from 'vitest'
import { type CheckAnswer, withoutAnswer } from '../../../src/client/check.ts'
import { UmpireError } from '../../../src/client/error.ts'
import { notDone } from '../../../src/client/not-done.ts'

const ANSWER: CheckAnswer = {
  verdict: 'deny',
  doInstead: 'wait',
  because: 'churn-radar (95 % churn risk, today) points that way.',
  adjudication: '1',
  escalation: null,
  lease: null,
  cached: false,
  unavailable: false,
}
const ESCALATION = { id: '2', queue: 'csm', dueAt: '2026-11-20T17:00:00.000Z' }

describe('what a model reads of a tool that was not run', () => {
  it.each<readonly [string, CheckAnswer, string]>([
    [
      'it is denied, and something else is better',
      ANSWER,
      'it is denied; churn-radar (95 % churn risk, today) points that way. Do `wait` instead.',
    ],
    [
      'it is denied',
      { ...ANSWER, doInstead: null },
      'it is denied; churn-radar (95 % churn risk, today) points that way. Do not try it another way.',
    ],
    [
      'a person is asked',
      { ...ANSWER, verdict: 'ask', doInstead: null, because: 'csm decides', escalation: ESCALATION },
      'a person decides first, in the queue `csm`, by 2026-11-20T17:00:00.000Z; csm decides. ' +
        'Try again, with the same input, once they have decided.',
    ],
    [
      'a person decides, whoever that is',
      { ...ANSWER, verdict: 'ask', doInstead: null, because: 'a rule failed' },
      'a person decides first; a rule failed. Try again, with the same input, once they have decided.',
    ],
    [
      'Umpire is away',
      withoutAnswer(new UmpireError('nobody answers', { code: 'unreachable', status: null, title: '' }), 'deny'),
      'it is denied; Umpire could not be asked: nobody answers. Try again later, or ask a person.',
    ],
  ])('says what happened and what to do next: %s', (_what, answer, message) => {
    expect(notDone('send', answer).message).toBe(`\`send\` was not done: ${message}`)
  })

  it('never says that it is allowed', () => {
    expect(notDone('send', { ...ANSWER, verdict: 'allow' }).verdict).toBe('ask')
  })
})

it('only the want of an answer is answered by the caller’s choice', () => {
  const refused = new UmpireError('no', { code: 'forbidden', status: 403, title: '' })
  for (const thrown of [refused, new TypeError('a bug'), 'a reason']) {
    let caught: unknown
    try {
      withoutAnswer(thrown, 'ask')
    } catch (error) {
      caught = error
    }
    expect(caught).toBe(thrown)
  }
})

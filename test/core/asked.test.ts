import { describe, expect, it } from 'vitest'
import { adjudicate } from '../../src/core/adjudicate.ts'
import { askedOf, settles } from '../../src/core/escalation/asked.ts'
import { openEscalation } from '../../src/core/escalation/escalation.ts'
import type { Adjudication, Proposal, Verdict } from '../../src/core/model.ts'
import { expansion, NOW, question } from './fixtures.ts'

const ANSWER = adjudicate(expansion(), question([]))
const SEND: Proposal = { agent: 'renewal-copilot', action: 'send_expansion_email' }
const WAIT: Proposal = { agent: 'planner', action: 'wait' }

function answered(proposal: Proposal, verdict: Verdict): Adjudication {
  return { ...ANSWER, handoff: null, proposal: { ...proposal, verdict, reasons: [] } }
}
const unasked: Adjudication = { ...ANSWER, handoff: null, proposal: null }
const asked = (answer: Adjudication, before: Proposal | null = null) =>
  askedOf(answer, 'csm', before && { ...askedOf(unasked, 'csm', null), proposal: before })

describe('the proposal that an item waits with', () => {
  it('is the newest that was told to ask', () => {
    expect(asked(answered(SEND, 'ask')).proposal).toEqual(SEND)
    expect(asked(answered(WAIT, 'ask'), SEND).proposal).toEqual(WAIT)
    expect(asked(unasked, SEND).proposal).toEqual(SEND)
  })

  it('is none that has been denied', () => {
    expect(asked(answered(SEND, 'deny')).proposal).toBeNull()
    expect(asked(answered(SEND, 'deny'), SEND).proposal).toBeNull()
  })

  it('is not forgotten for another that has been denied', () => {
    expect(asked(answered(WAIT, 'deny'), SEND).proposal).toEqual(SEND)
  })

  it('is of a sample what was allowed', () => {
    const handoff = { ...adjudicate(expansion(), question([], { draw: 0 })).handoff, kind: 'sample' } as const
    expect(asked({ ...answered(SEND, 'allow'), handoff } as Adjudication).proposal).toEqual(SEND)
  })
})

describe('an answer that asks nobody', () => {
  const item = (proposal: Proposal | null) =>
    openEscalation(
      {
        id: 'e1',
        account: 'acme',
        decision: 'expansion-outreach',
        rule: null,
        kind: 'decision',
        probability: null,
        adjudication: 'a1',
        queue: 'csm',
        priority: 0,
        dueAt: NOW,
        regret: 0,
        assignee: null,
        asked: { ...asked(unasked), proposal },
      },
      NOW,
    )

  it('settles what waits with no proposal, or with the same', () => {
    expect(settles(unasked, item(null))).toBe(true)
    expect(settles(answered(SEND, 'allow'), item(SEND))).toBe(true)
    expect(settles(answered(WAIT, 'allow'), item(SEND))).toBe(false)
    expect(settles(unasked, item(SEND))).toBe(false)
  })
})

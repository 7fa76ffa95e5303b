import { expect, it } from 'vitest'
import { type Advice, isChange } from '../../src/core/events.ts'

const EMAIL = { agent: 'copilot', action: 'email', verdict: 'allow' } as const
const BEFORE: Advice = { action: 'email', disposition: 'act', proposal: EMAIL }

it.each<[string, Partial<Advice>, boolean]>([
  ['the same answer', {}, false],
  ['another action', { action: 'wait' }, true],
  ['no action any more', { action: null }, true],
  ['another disposition', { disposition: 'escalate' }, true],
  ['that it is drawn for a review', { disposition: 'act_and_review' }, false],
  ['another verdict on the same proposal', { proposal: { ...EMAIL, verdict: 'deny' } }, true],
  ['a verdict on another proposal', { proposal: { ...EMAIL, action: 'wait', verdict: 'deny' } }, false],
  ["a verdict on another agent's proposal", { proposal: { ...EMAIL, agent: 'other', verdict: 'deny' } }, false],
  ['no proposal', { proposal: null }, false],
])('%s with %j: changed %s', (_what, other, changed) => {
  expect(isChange(BEFORE, { ...BEFORE, ...other })).toBe(changed)
  expect(isChange({ ...BEFORE, ...other }, BEFORE)).toBe(changed)
})

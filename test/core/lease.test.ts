import { describe, expect, it } from 'vitest'
import { adjudicate } from '../../src/core/adjudicate.ts'
import {
  coversPayload,
  drawsSample,
  holdsUntil,
  insteadOf,
  isFresh,
  type Lease,
  refuseLease,
  spend,
  versionOf,
} from '../../src/core/lease.ts'
import type { Adjudication, Autonomy, Question, Ruling } from '../../src/core/model.ts'
import { makeRuling } from '../../src/core/ruling.ts'
import { because } from '../../src/core/summary.ts'
import { CHURN, expansion, NOW, PULSE, question, REVIEW, rule } from './fixtures.ts'

const MINUTE = 60_000
const HASH = 'a'.repeat(64)

const lease = (fields: Partial<Lease> = {}): Lease => ({
  id: 'l1',
  account: 'acme',
  decision: 'expansion-outreach',
  action: 'send_expansion_email',
  tags: [],
  agent: 'renewal-copilot',
  payloadHash: HASH,
  owner: 'copilot-key',
  adjudication: 'a1',
  ruleset: 'sha256:1',
  version: '1.2.0.0.3',
  freshUntil: NOW + 60 * MINUTE,
  issuedAt: NOW,
  expiresAt: NOW + 10 * MINUTE,
  status: 'open',
  settledAt: null,
  reason: null,
  ...fields,
})
const refuse = (fields: Partial<Lease>, now = NOW, payloadHash: string | null = HASH) =>
  refuseLease(lease(fields), { now, payloadHash })

describe('a lease', () => {
  it('may be redeemed until it expires, for what was checked', () => {
    expect(refuse({})).toBeNull()
    expect(refuse({}, NOW + 10 * MINUTE - 1)).toBeNull()
    expect(refuse({ payloadHash: null }, NOW, null)).toBeNull()
  })

  it.each<[string, Partial<Lease>, number, string | null, string, string]>([
    [
      'used',
      { status: 'redeemed', settledAt: NOW },
      NOW,
      HASH,
      'lease_used',
      'lease `l1` was redeemed at 2026-11-20T09:00:00.000Z, and is good for once; check again to act again',
    ],
    [
      'revoked',
      { status: 'revoked', reason: 'churn-radar outweighs pulse' },
      NOW,
      HASH,
      'lease_revoked',
      'lease `l1` was revoked: churn-radar outweighs pulse; check again before you act',
    ],
    [
      'expired to the millisecond',
      {},
      NOW + 10 * MINUTE,
      HASH,
      'lease_expired',
      'lease `l1` expired at 2026-11-20T09:10:00.000Z, PT10M after it was issued; check again',
    ],
    [
      'marked as expired',
      { status: 'expired' },
      NOW,
      HASH,
      'lease_expired',
      'lease `l1` expired at 2026-11-20T09:10:00.000Z, PT10M after it was issued; check again',
    ],
    [
      'for another payload',
      {},
      NOW,
      'b'.repeat(64),
      'payload_changed',
      `lease \`l1\` is for the payload \`${HASH}\`: what is sent is not what was checked; check again if it has changed`,
    ],
    [
      'for a payload that is not named',
      {},
      NOW,
      null,
      'payload_changed',
      `lease \`l1\` is for the payload \`${HASH}\`: say with \`payloadHash\` what is sent; check again if it has changed`,
    ],
    [
      'for no payload',
      { payloadHash: null },
      NOW,
      HASH,
      'payload_changed',
      'lease `l1` was issued without a payload; check again with the one that is to be sent',
    ],
  ])('is refused where it is %s', (_what, fields, now, sent, code, message) => {
    expect(refuse(fields, now, sent)).toEqual({ code, message })
  })

  it('that was used says so, even when it is over or another payload is sent', () => {
    const used = { status: 'redeemed', settledAt: NOW } as const
    expect(refuse(used, NOW + 60 * MINUTE, null)?.code).toBe('lease_used')
  })

  it('rests on its answer while nothing that counts has come', () => {
    const known = { version: '1.2.0.0.3', ruleset: 'sha256:1', now: NOW }
    expect(isFresh(lease(), known)).toBe(true)
    expect(
      isFresh(lease(), { ...known, version: versionOf({ facts: 1, signals: 3, ruling: 0, taken: 0, agents: 3 }) }),
    ).toBe(false)
    expect(isFresh(lease(), { ...known, ruleset: 'sha256:2' })).toBe(false)
    expect(isFresh(lease(), { ...known, now: NOW + 60 * MINUTE })).toBe(false)
  })
})

describe('an answer', () => {
  const answer = { validUntil: NOW + 60 * MINUTE }
  const inMinutes = (n: number) => NOW + n * MINUTE

  it('holds for as long as all that was said and all who said it, used or not', () => {
    const asked = question([{ ...CHURN, expiresAt: inMinutes(20) }, PULSE])
    expect(holdsUntil(answer, question([CHURN, PULSE]))).toBe(inMinutes(60))
    expect(holdsUntil(answer, asked)).toBe(inMinutes(20))
    const [name, agent] = [...asked.agents][0]!
    const agents = new Map([...asked.agents, [name, { ...agent, until: inMinutes(10) }]])
    expect(holdsUntil(answer, { ...asked, agents })).toBe(inMinutes(10))
  })

  it('does not end with what had ended before', () => {
    const asked = question([{ ...CHURN, expiresAt: NOW }, PULSE])
    const agents = new Map([...asked.agents].map(([name, agent]) => [name, { ...agent, until: NOW }]))
    expect(holdsUntil(answer, { ...asked, agents })).toBe(inMinutes(60))
  })
})

describe('a person who was shown a payload', () => {
  const ruling = (shown?: Ruling['shown']) => ({ action: 'send_expansion_email', shown }) as Ruling
  const send = { agent: 'renewal-copilot', action: 'send_expansion_email' }

  it('allowed that, from that agent', () => {
    const shown = ruling({ agent: 'renewal-copilot', payloadHash: HASH })
    expect(coversPayload(shown, send, HASH)).toBe(true)
    expect(coversPayload(shown, send, 'b'.repeat(64))).toBe(false)
    expect(coversPayload(shown, send, null)).toBe(false)
    expect(coversPayload(shown, { ...send, agent: 'other' }, HASH)).toBe(false)
  })

  it('decided against other actions all the same', () => {
    const shown = ruling({ agent: 'renewal-copilot', payloadHash: HASH })
    expect(coversPayload(shown, { ...send, action: 'wait' }, null)).toBe(true)
    expect(coversPayload(shown, null, null)).toBe(true)
  })

  it('who was shown none decided about all', () => {
    expect(coversPayload(ruling(), send, HASH)).toBe(true)
  })

  it('allowed it once', () => {
    const allowed = ruling({ agent: 'renewal-copilot', payloadHash: HASH })
    const spent = spend(allowed, lease())!
    expect(spent.shown).toEqual({ agent: 'renewal-copilot', payloadHash: HASH, lease: 'l1' })
    const { sequence } = allowed
    expect(coversPayload({ ...spent, sequence }, send, HASH)).toBe(false)
    expect(coversPayload({ ...spent, sequence }, { ...send, action: 'wait' }, null)).toBe(true)
    expect(spend({ ...spent, sequence }, lease({ id: 'l2' }))).toBeNull()
  })

  it.each<[string, Ruling | null, Partial<Lease>]>([
    ['nobody decided', null, {}],
    ['they were shown nothing of an agent', ruling(), {}],
    ['it is on another action', ruling({ agent: 'renewal-copilot', payloadHash: HASH }), { action: 'wait' }],
    ['it is for another payload', ruling({ agent: 'renewal-copilot', payloadHash: HASH }), { payloadHash: null }],
    ['it is of another agent', ruling({ agent: 'renewal-copilot', payloadHash: HASH }), { agent: 'other' }],
  ])('has allowed nothing of a lease where %s', (_what, decided, fields) => {
    expect(spend(decided, lease(fields))).toBeNull()
  })
})

describe('an allow', () => {
  const [send] = expansion().actions
  const decisionWith = (autonomy: Autonomy) =>
    expansion({
      actions: [{ ...send!, autonomy }, ...expansion().actions.slice(1)],
      tolerance: 1_000_000,
      review: { ...REVIEW, sampleRate: 1 },
    })
  const proposing = (action = send!.name) => question([PULSE], { proposal: { agent: 'copilot', action } })
  const answer = (autonomy: Autonomy, asked = proposing()) => adjudicate(decisionWith(autonomy), asked)
  function ruled(): Question {
    const made = { action: send!.name, by: 'maria', at: NOW }
    return {
      ...proposing(),
      ruling: { ...makeRuling(decisionWith('supervised'), proposing(), { rules: [] }, made), sequence: 1 },
    }
  }

  it.each<[string, boolean, Adjudication]>([
    ['supervised', true, answer('supervised')],
    ['autonomous', false, answer('autonomous')],
    ['autonomous, where another is recommended that is supervised', true, answer('supervised', proposing('wait'))],
    ['of a person', false, answer('supervised', ruled())],
  ])('that is %s is drawn for a look afterwards: %s', (_what, drawn, allowed) => {
    expect(allowed.proposal?.verdict).toBe('allow')
    expect(drawsSample(allowed)).toBe(drawn)
    expect(allowed.handoff?.kind === 'sample').toBe(drawn)
  })

  it('alone is', () => {
    const denied = adjudicate(
      expansion(),
      question([CHURN], { proposal: { agent: 'c', action: 'send_expansion_email' } }),
    )
    expect(denied.proposal?.verdict).toBe('deny')
    expect(drawsSample(denied)).toBe(false)
  })
})

describe('what an agent is told', () => {
  const proposal = { agent: 'renewal-copilot', action: 'send_expansion_email' }
  const answer = (signals = [CHURN], decision = expansion()) => adjudicate(decision, question(signals, { proposal }))

  it('is why, in a sentence', () => {
    expect(because(answer([PULSE]).summary)).toMatch(/^pulse \(90 % healthy, today\) points that way/)
    expect(because(answer().summary)).toMatch(/^churn-radar \(82 % churn risk, today\) points that way; that saves/)
  })

  it('is what to do instead, where that is known', () => {
    expect(insteadOf(answer())).toBe('wait')
    expect(insteadOf(answer([PULSE]))).toBeNull()
  })

  it('is not what looks best while a person decides', () => {
    expect(insteadOf(answer([CHURN, PULSE]))).toBeNull()
    const vetoed = expansion({
      rules: [rule('dispute', [{ kind: 'veto', actions: [0] }])],
      review: { ...REVIEW, cost: 0 },
      actions: [...expansion().actions, { ...expansion().actions[0]!, name: 'call' }],
    })
    const denied = answer([CHURN, PULSE], vetoed)
    expect(denied.proposal?.verdict).toBe('deny')
    expect(insteadOf(denied)).toBeNull()
  })
})

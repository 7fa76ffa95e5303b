import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type ClockStep, dueStep, expire, lapse, markOverdue, raise, remind } from '../../src/core/escalation/clocks.ts'
import {
  changeEscalation,
  type Escalation,
  holderOf,
  isWaiting,
  openEscalation,
  type Resolution,
  ticking,
  withdrawEscalation,
} from '../../src/core/escalation/escalation.ts'
import { claim, comment, reassign, release, resolve, type Step } from '../../src/core/escalation/steps.ts'
import { HOUR, NOW } from './fixtures.ts'

const LEASE = 15 * 60_000
const ASKED = { action: 'wait', reasons: ['uncertain'] as const, state: 'healthy', proposal: null, queue: 'csm' }

function opened(fields: Partial<Parameters<typeof openEscalation>[0]> = {}): Escalation {
  const asked = {
    adjudication: 'a1',
    queue: 'csm',
    priority: 10,
    regret: 59,
    dueAt: NOW + 8 * HOUR,
    assignee: null,
    asked: ASKED,
  }
  const about = { id: 'e1', account: 'acme', decision: 'expansion-outreach', rule: null, probability: null }
  return openEscalation({ ...asked, ...about, kind: 'decision', ...fields }, NOW)
}

const answer = (by: string): Resolution => ({
  resolution: 'dismiss',
  action: null,
  recommended: 'wait',
  state: null,
  wrongSignals: [],
  reason: 'duplicate',
  comment: null,
  by,
  at: new Date(NOW).toISOString(),
})

function made(step: Step): Escalation {
  if ('refusal' in step) throw new Error(step.refusal.message)
  return step.item
}
const refused = (step: Step) => ('refusal' in step ? step.refusal : null)

describe('an item', () => {
  it('is open to everyone, with a reminder at half of the time', () => {
    expect(opened()).toMatchObject({
      status: 'open',
      openedBy: 'a1',
      claimedBy: null,
      remindAt: NOW + 4 * HOUR,
      tickAt: NOW + 4 * HOUR,
    })
  })

  it('has clocks of whole milliseconds, however long it has', () => {
    expect(opened({ dueAt: NOW + 7 }).remindAt).toBe(NOW + 3)
  })

  it('has no clock as a sample, which blocks nothing', () => {
    const sample = opened({ kind: 'sample', probability: 0.1 })
    expect(sample).toMatchObject({ remindAt: null, tickAt: null })
    expect(dueStep(sample, NOW + 99 * HOUR)).toBeNull()
    expect(made(claim(sample, 'maria', NOW, LEASE)).tickAt).toBe(NOW + LEASE)
  })

  it('becomes no less urgent by a newer adjudication, and stays with who has it', () => {
    const item = made(claim(opened({ assignee: 'maria' }), 'maria', NOW, LEASE))
    const later = {
      adjudication: 'a2',
      queue: 'vip',
      priority: 5,
      regret: 3,
      dueAt: NOW + 9 * HOUR,
      assignee: 'ben',
      asked: ASKED,
    }
    expect(changeEscalation(item, later, true, NOW)).toEqual({
      ...item,
      adjudication: 'a2',
      queue: 'vip',
      assignee: 'ben',
      regret: 3,
      changes: 1,
    })
    expect(changeEscalation(item, { ...later, queue: 'csm' }, true, NOW).assignee).toBe('maria')
    expect(changeEscalation(item, { ...later, assignee: null }, true, NOW).assignee).toBeNull()
    const sooner = { ...later, priority: 50, dueAt: NOW + 2 * HOUR }
    expect(changeEscalation(item, sooner, false, NOW)).toMatchObject({
      priority: 50,
      dueAt: NOW + 2 * HOUR,
      remindAt: NOW + HOUR,
      changes: 0,
    })
  })

  it('gets time of its own, and a reminder, where it comes overdue to another queue', () => {
    const overdue = markOverdue(opened(), NOW + 9 * HOUR)
    const now = NOW + 10 * HOUR
    const fresh = {
      queue: 'vip',
      dueAt: now + 4 * HOUR,
      overdueAt: null,
      remindAt: now + 2 * HOUR,
      tickAt: now + 2 * HOUR,
    }
    const asking = { ...overdue, adjudication: 'a2', queue: 'vip', dueAt: now + 4 * HOUR }
    expect(changeEscalation(overdue, asking, true, now)).toMatchObject(fresh)
    const assignment = { assignee: null, queue: 'vip', dueAt: now + 4 * HOUR }
    expect(made(reassign(overdue, 'maria', assignment, now, LEASE))).toMatchObject(fresh)
    const kept = { ...assignment, queue: overdue.queue }
    expect(made(reassign(overdue, 'maria', kept, now, LEASE))).toMatchObject({ dueAt: overdue.dueAt, tickAt: now })
  })

  it('is not reminded of twice when it becomes due sooner', () => {
    const reminded = remind(opened())
    const sooner = { ...reminded, dueAt: NOW + 2 * HOUR, adjudication: 'a2' }
    expect(changeEscalation(reminded, sooner, true, NOW)).toMatchObject({ remindAt: null, tickAt: NOW + 2 * HOUR })
  })

  it('is withdrawn with the reason, out of the hands of who holds it', () => {
    const item = made(claim(opened(), 'maria', NOW, LEASE))
    expect(withdrawEscalation(item, { reason: 'no_longer_needed' }, 'a2', NOW + HOUR)).toMatchObject({
      status: 'withdrawn',
      adjudication: 'a2',
      claimedBy: null,
      closedAt: NOW + HOUR,
      tickAt: null,
      resolution: { resolution: 'withdrawn', reason: 'no_longer_needed', action: null, by: 'umpire' },
    })
  })
})

describe('a claim', () => {
  const held = made(claim(opened(), 'maria', NOW, LEASE))

  it('is refused to others while it lasts, with who holds it and until when', () => {
    const others = [
      claim(held, 'ben', NOW, LEASE),
      release(held, 'ben', NOW),
      reassign(held, 'ben', { assignee: null, queue: held.queue, dueAt: NOW }, NOW, LEASE),
      resolve(held, 'ben', NOW, answer('ben')),
    ]
    for (const step of others) {
      expect(refused(step)).toEqual({
        code: 'already_claimed',
        message:
          '`maria` holds escalation `e1` until 2026-11-20T09:15:00.000Z; take another, or ask them to release it',
      })
    }
  })

  it('is renewed by any action of who holds it, and by nobody else', () => {
    const later = NOW + LEASE - 1
    const until = later + LEASE
    expect(made(claim(held, 'maria', later, LEASE)).claimedUntil).toBe(until)
    expect(made(comment(held, 'maria', later, LEASE)).claimedUntil).toBe(until)
    expect(
      made(reassign(held, 'maria', { assignee: 'maria', queue: held.queue, dueAt: NOW }, later, LEASE)).claimedUntil,
    ).toBe(until)
    expect(made(comment(held, 'ben', later, LEASE))).toEqual(held)
  })

  it('that has lapsed stands in nobody’s way, not even that of its holder', () => {
    const later = NOW + LEASE
    expect(made(claim(held, 'ben', later, LEASE)).claimedBy).toBe('ben')
    expect(made(resolve(held, 'ben', later, answer('ben'))).status).toBe('resolved')
    expect(made(resolve(held, 'maria', later, answer('maria'))).status).toBe('resolved')
    expect(made(release(held, 'maria', later))).toMatchObject({ status: 'open', claimedBy: null })
  })

  it('is given up by release and by naming another', () => {
    expect(made(release(held, 'maria', NOW))).toMatchObject({ status: 'open', claimedBy: null, claimedUntil: null })
    expect(made(reassign(held, 'maria', { assignee: 'ben', queue: held.queue, dueAt: NOW }, NOW, LEASE))).toMatchObject(
      {
        assignee: 'ben',
        claimedBy: null,
      },
    )
    expect(refused(release(opened(), 'maria', NOW))).toEqual({
      code: 'not_claimed',
      message: '`maria` does not hold escalation `e1`; claim it first',
    })
  })
})

describe('an item that is closed', () => {
  it.each([
    ['resolved', made(resolve(opened(), 'maria', NOW, answer('maria'))), 'was resolved by `maria`'],
    ['withdrawn', withdrawEscalation(opened(), { reason: 'no_longer_needed' }, 'a2', NOW), 'was withdrawn'],
    ['expired', expire(opened(), answer('umpire'), NOW), 'expired'],
  ])('by being %s says so to whoever comes late', (_how, item, words) => {
    const late = [
      claim(item, 'ben', NOW, LEASE),
      release(item, 'ben', NOW),
      reassign(item, 'ben', { assignee: null, queue: item.queue, dueAt: NOW }, NOW, LEASE),
      comment(item, 'ben', NOW, LEASE),
      resolve(item, 'ben', NOW, answer('ben')),
    ]
    for (const step of late) {
      expect(refused(step)).toMatchObject({ code: 'already_resolved', message: expect.stringContaining(words) })
    }
  })
})

describe('time', () => {
  it('reminds at half of the time, marks what is overdue, and then leaves it to the queue', () => {
    const item = opened()
    expect(dueStep(item, NOW + 4 * HOUR - 1)).toBeNull()
    expect(dueStep(item, NOW + 4 * HOUR)).toBe('remind')
    const reminded = remind(item)
    expect(reminded.tickAt).toBe(NOW + 8 * HOUR)
    expect(dueStep(reminded, NOW + 8 * HOUR)).toBe('overdue')
    const overdue = markOverdue(reminded, NOW + 8 * HOUR)
    expect(overdue.tickAt).toBeNull()
    expect(dueStep(overdue, NOW + 8 * HOUR)).toBe('expire')
  })

  it('reminds nobody of what is overdue already', () => {
    const item = opened()
    expect(dueStep(item, NOW + 9 * HOUR)).toBe('overdue')
    expect(markOverdue(item, NOW + 9 * HOUR).remindAt).toBeNull()
  })

  it('takes no case out of the hands of who holds it, and looks again when they give it back', () => {
    const due = NOW + 8 * HOUR
    const held = markOverdue(made(claim(remind(opened()), 'maria', due - 1, LEASE)), due)
    expect(dueStep(held, due)).toBeNull()
    expect(held.tickAt).toBe(due - 1 + LEASE)
    expect(dueStep(held, due - 1 + LEASE)).toBe('lapse')
    expect(dueStep(lapse(held, due + LEASE), due + LEASE)).toBe('expire')
    const released = made(release(held, 'maria', due + 1))
    expect(released.tickAt).toBe(due + 1)
    expect(dueStep(released, due + 1)).toBe('expire')
  })

  it('gives those to whom an item is raised time of their own', () => {
    const overdue = markOverdue(opened({ assignee: 'maria', priority: 40 }), NOW + 8 * HOUR)
    const now = NOW + 9 * HOUR
    expect(raise(overdue, { queue: 'leads', priority: 20, dueAt: now + 2 * HOUR }, now)).toMatchObject({
      queue: 'leads',
      priority: 40,
      dueAt: now + 2 * HOUR,
      remindAt: now + HOUR,
      overdueAt: null,
      assignee: null,
    })
  })
})

const PEOPLE = ['maria', 'ben', 'ada']
const person = fc.constantFrom(...PEOPLE)
const wait = fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 2 * LEASE }), fc.integer({ min: 0, max: 9 * HOUR }))

type Move =
  | { readonly by: string; readonly does: 'claim' | 'release' | 'comment' | 'resolve' }
  | { readonly by: string; readonly does: 'reassign'; readonly to: string | null }
  | { readonly does: 'tick' | 'withdraw' }
  | { readonly does: 'change'; readonly dueIn: number; readonly priority: number }

const move: fc.Arbitrary<Move> = fc.oneof(
  fc.record({ by: person, does: fc.constantFrom('claim', 'claim', 'release', 'comment') }),
  { weight: 1, arbitrary: fc.record({ by: person, does: fc.constant('reassign'), to: fc.option(person) }) },
  { weight: 3, arbitrary: fc.record({ does: fc.constant('tick') }) },
  fc.record({ does: fc.constant('change'), dueIn: fc.integer({ min: 0, max: 20 * HOUR }), priority: fc.nat(90) }),
  fc.record({ by: person, does: fc.constant('resolve') }),
  fc.record({ does: fc.constant('withdraw') }),
) as fc.Arbitrary<Move>

const CLOCKS: Record<ClockStep, (item: Escalation, now: number) => Escalation> = {
  lapse,
  remind,
  overdue: markOverdue,
  expire: (item, now) => expire(item, answer('umpire'), now),
}

/** The item after a move, the same where it was refused or time called for nothing. */
function after(item: Escalation, move: Move, now: number): Escalation {
  const stepped = (step: Step) => ('refusal' in step ? item : step.item)
  switch (move.does) {
    case 'claim':
      return stepped(claim(item, move.by, now, LEASE))
    case 'release':
      return stepped(release(item, move.by, now))
    case 'comment':
      return stepped(comment(item, move.by, now, LEASE))
    case 'reassign':
      return stepped(reassign(item, move.by, { assignee: move.to, queue: item.queue, dueAt: NOW }, now, LEASE))
    case 'resolve':
      return stepped(resolve(item, move.by, now, answer(move.by)))
    case 'tick': {
      const step = dueStep(item, now)
      return step === null ? item : CLOCKS[step](item, now)
    }
    case 'change': {
      const asking = { ...item, adjudication: 'a2', priority: move.priority, dueAt: now + move.dueIn }
      return isWaiting(item) ? changeEscalation(item, asking, true, now) : item
    }
    case 'withdraw':
      return isWaiting(item) ? withdrawEscalation(item, { reason: 'no_longer_needed' }, 'a2', now) : item
  }
}

describe('whatever people and time do with an item', () => {
  const laws = (
    check: (before: Escalation, move: Move, now: number, after: Escalation) => void,
    kind = fc.constantFrom('decision' as const, 'sample' as const),
  ) =>
    fc.assert(
      fc.property(kind, fc.array(fc.tuple(wait, move), { maxLength: 40 }), (kind, moves) => {
        let item = opened({ kind })
        let now = NOW
        for (const [passed, move] of moves) {
          now += passed
          const next = after(item, move, now)
          check(item, move, now, next)
          item = next
        }
      }),
      { numRuns: 500 },
    )

  it('one person at most holds it, and nobody takes it from them', () =>
    laws((before, move, now, next) => {
      expect(next.status === 'claimed').toBe(next.claimedBy !== null)
      expect(next.claimedBy === null).toBe(next.claimedUntil === null)
      const holder = holderOf(before, now)
      if (holder === null || move.does === 'withdraw' || ('by' in move && move.by === holder.by)) return
      expect(holderOf(next, now)).toEqual(holder)
    }))

  it('what is closed stays as it is', () =>
    laws((before, _move, _now, next) => {
      if (!isWaiting(before)) expect(next).toBe(before)
      if (!isWaiting(next)) expect(next).toMatchObject({ claimedBy: null, remindAt: null, tickAt: null })
    }))

  it('it is never due later or less urgent', () =>
    laws((before, _move, _now, next) => {
      expect(next.dueAt).toBeLessThanOrEqual(before.dueAt)
      expect(next.priority).toBeGreaterThanOrEqual(before.priority)
    }))

  it('its clock is looked at when there is something to wait for, and only then', () =>
    laws((before, _move, now, next) => {
      const waits =
        isWaiting(next) && (next.claimedUntil !== null || (next.kind === 'decision' && next.overdueAt === null))
      if (waits) expect(next.tickAt).toBe(ticking(next))
      // What is overdue and given back is looked at at once, for what its queue does with it.
      else if (next !== before) expect([null, now]).toContain(next.tickAt)
      if (next.tickAt === null) expect([null, 'expire']).toContain(dueStep(next, Number.MAX_SAFE_INTEGER))
    }))

  it('no answer of a person is overwritten by time', () =>
    laws((before, _move, now) => {
      if (before.status === 'resolved') expect(dueStep(before, now + 1_000 * HOUR)).toBeNull()
    }))
})

import { describe, expect, it } from 'vitest'
import { baseUrl, reviewerOf } from '../../src/cli/connection.ts'
import { type Change, changeLine, changesBetween } from '../../src/cli/escalations/changes.ts'
import { isMeant, shortId, shortIds, theOne } from '../../src/cli/escalations/ids.ts'
import { type Item, inOrder } from '../../src/cli/escalations/item.ts'
import { createScreen } from '../../src/cli/escalations/screen.ts'
import { answerFrom } from '../../src/cli/escalations/work.ts'
import { ended, item, later, NOW } from './escalations.ts'

const A = item()
const B = item({ id: '019ab000-0000-7000-8000-00015b0af9a1', account: 'globex', createdAt: later(-1) })

describe('short ids', () => {
  it('are the ends of ids, which begin alike', () => {
    expect(shortId(A.id)).toBe('5b0af9a1')
  })

  it('are as long as it takes to tell items apart', () => {
    expect([...shortIds([A.id, B.id]).values()]).toEqual(['00005b0af9a1', '00015b0af9a1'])
  })

  it.each([
    ['5b0af9a1', true],
    ['5B0AF9A1', true],
    ['f9a1', true],
    ['00005b0af9a1', true],
    ['8000-00005b0af9a1', true],
    ['800000005b0af9a1', true],
    ['9a1', false],
    ['5b0af9a', false],
    ['019ab000', false],
    ['acme', false],
  ])('%s: %s', (name, meant) => {
    expect(isMeant(A, name)).toBe(meant)
  })

  it('say what to do where they mean nothing, or too much', () => {
    expect(theOne('f9a1', [A])).toBe(A.id)
    expect(() => theOne('f9a2', [])).toThrow(
      'no escalation that waits for a person ends with `f9a2` or is about such an account; see `umpire escalations list`, or give the whole id of one that is over',
    )
    expect(() => theOne('f9a1', [A, B])).toThrow(
      '`f9a1` may be 00005b0af9a1 (acme, expansion-outreach), 00015b0af9a1 (globex, expansion-outreach); give more of the id',
    )
    const many = Array.from({ length: 7 }, (_, i) => item({ id: `019ab000-0000-7000-8000-00${i}05b0af9a1` }))
    expect(() => theOne('f9a1', many)).toThrow(' and 2 more; give more of the id')
  })
})

describe('the order of items', () => {
  it('is priority, due time, regret', () => {
    const items = [
      item({ id: 'd', regret: 1 }),
      item({ id: 'c', regret: 2 }),
      item({ id: 'b', dueAt: later(-1) }),
      item({ id: 'a', priority: 1, dueAt: later(99) }),
    ]
    expect(items.sort(inOrder).map(({ id }) => id)).toEqual(['a', 'b', 'c', 'd'])
  })
})

describe('the URL of a service', () => {
  it('is taken with a path, without slashes at its end', () => {
    expect(baseUrl('https://umpire.example/internal/')).toBe('https://umpire.example/internal')
  })

  it.each(['localhost:3000', 'ftp://umpire', 'http://'])('must be one of HTTP: %s', (text) => {
    expect(() => baseUrl(text)).toThrow(`the URL of a service starts with http:// or https://, unlike \`${text}\``)
  })
})

describe('who reviews', () => {
  const maria = { name: 'maria', principal: 'person', scopes: ['escalations:review'] } as const
  const admin = { name: 'admin', principal: 'service', scopes: ['admin'] } as const
  const user = () => 'root'

  it('is the person whose key it is', () => {
    expect(reviewerOf(maria, undefined, user)).toEqual({ name: 'maria', named: {}, notice: null })
    expect(reviewerOf(maria, 'maria', user)).toEqual({ name: 'maria', named: {}, notice: null })
    expect(reviewerOf({ ...maria, scopes: ['admin'] }, undefined, user)).toMatchObject({ name: 'maria', named: {} })
  })

  it('is nobody else with that key', () => {
    expect(() => reviewerOf(maria, 'ben', user)).toThrow(
      "the key is `maria`'s and can't act for `ben`; use a key of theirs, or an admin's",
    )
  })

  it('is whom the holder of an admin key names', () => {
    expect(reviewerOf(admin, 'ben', user)).toEqual({ name: 'ben', named: { reviewer: 'ben' }, notice: null })
  })

  it('is the user of the machine where they name nobody, and they are told', () => {
    expect(reviewerOf(admin, undefined, user)).toEqual({
      name: 'root',
      named: { reviewer: 'root' },
      notice: "acting as `root`, since the key is an admin's; --as or UMPIRE_REVIEWER names another",
    })
    expect(() => reviewerOf(admin, undefined, () => undefined)).toThrow('name yourself by --as or UMPIRE_REVIEWER')
  })
})

describe('an answer', () => {
  it('is one of three, with what goes with it', () => {
    expect(answerFrom({ uphold: true, reason: 'r' })).toEqual({ resolution: 'uphold', reason: 'r' })
    expect(
      answerFrom({ override: 'wait', reason: 'r', state: 'at_risk', wrong: ['p-1', 'p-2'], comment: 'Call first' }),
    ).toEqual({
      resolution: 'override',
      action: 'wait',
      reason: 'r',
      state: 'at_risk',
      wrongSignals: ['p-1', 'p-2'],
      comment: 'Call first',
    })
    expect(answerFrom({ uphold: true, reason: 'r', adjudication: 'a1' })).toMatchObject({ adjudication: 'a1' })
    expect(() => answerFrom({ reason: 'r' })).toThrow('give one answer: --uphold, --override <action> or --dismiss')
  })
})

describe('changes between two looks', () => {
  const lines = (before: readonly Item[], after: readonly Item[], gone: readonly Item[] = []) =>
    changesBetween(before, after, gone).map((change: Change) => changeLine(change, NOW))
  const AT = '2026-11-23T09:00:00Z'
  const CALLED = '5b0af9a1 csm expansion-outreach about acme'

  it('are none where nothing happened', () => {
    expect(lines([A, B], [B, A])).toEqual([])
  })

  it.each<[string, Partial<Item>, Partial<Item>, string]>([
    ['claimed', {}, { status: 'claimed', claimedBy: 'maria' }, 'by maria'],
    ['claimed', { claimedBy: 'ben' }, { claimedBy: 'maria' }, 'by maria'],
    ['released', { status: 'claimed', claimedBy: 'maria' }, {}, ''],
    ['reassigned', {}, { assignee: 'maria' }, 'to maria'],
    ['reassigned', { assignee: 'maria' }, {}, 'to anybody'],
    ['changed', {}, { changes: 1, recommended: null }, 'regret $59, recommends nothing'],
    ['changed', {}, { changes: 1, regret: null, recommended: null, blind: true }, ''],
    ['overdue', {}, { overdueAt: later(0), dueAt: later(0) }, `since ${AT}`],
    ['moved', { queue: 'renewals' }, { priority: 10 }, 'priority 10'],
  ])('%s', (what, before, after, detail) => {
    expect(lines([item(before)], [item(after)])).toEqual([[AT, what, CALLED, detail].filter(Boolean).join(' ')])
  })

  it('are several where several things happened', () => {
    const after = item({ claimedBy: 'maria', assignee: 'maria' })
    expect(changesBetween([A], [after], []).map(({ what }) => what)).toEqual(['reassigned', 'claimed'])
  })

  it('are that an item is new, or came from elsewhere', () => {
    expect(lines([], [A])).toEqual([`${AT} opened ${CALLED} regret $59, recommends send expansion email`])
    expect(changesBetween([A], [A, B], []).map(({ what, item: { account } }) => [what, account])).toEqual([
      ['moved', 'globex'],
    ])
    expect(changesBetween([B], [A, B], []).map(({ what }) => what)).toEqual(['opened'])
  })

  it.each<[Partial<Item>, string]>([
    [
      { status: 'resolved', resolution: ended('override', 'wait', 'customer_asked', 'maria') },
      'resolved 5b0af9a1 csm expansion-outreach about acme override: wait by maria (customer_asked)',
    ],
    [
      { status: 'withdrawn', resolution: ended('withdrawn', null, 'no_longer_needed', 'umpire') },
      'withdrawn 5b0af9a1 csm expansion-outreach about acme (no_longer_needed)',
    ],
    [
      { status: 'expired', resolution: ended('fallback', 'wait', 'overdue', 'umpire') },
      'expired 5b0af9a1 csm expansion-outreach about acme fallback: wait by umpire (overdue)',
    ],
    [{ queue: 'leads', priority: 9 }, 'moved 5b0af9a1 leads expansion-outreach about acme priority 9'],
  ])('are how an item ended: %j', (end, line) => {
    expect(lines([A, B], [B], [item(end)])).toEqual([`${AT} ${line}`])
  })

  it('are none where an item still waits behind more urgent ones', () => {
    expect(lines([A, B], [B], [A])).toEqual([])
  })
})

describe('a screen', () => {
  function screen(rows: number) {
    const written: string[] = []
    const output = { columns: 20, rows, write: (text: string) => written.push(text) > 0 }
    return { ...createScreen(output), written: () => written.splice(0).join('') }
  }

  it('is drawn anew where it stands, and only where something is new', () => {
    const { draw, close, written } = screen(24)
    draw('a\nb', 'status')
    expect(written()).toBe('\u001b[?25l\u001b[Ja\nb\n\nstatus\n')
    draw('a\nb', 'status')
    expect(written()).toBe('')
    draw('c', 'status')
    expect(written()).toBe('\u001b[4A\r\u001b[Jc\n\nstatus\n')
    close()
    expect(written()).toBe('\u001b[?25h')
  })

  it('never is higher or wider than the terminal', () => {
    const { draw, written } = screen(6)
    draw('1\n2\n3\n4', 'a status of more than twenty columns')
    expect(written()).toBe('\u001b[?25l\u001b[J1\n  …\n\na status of more th…\n')
  })
})

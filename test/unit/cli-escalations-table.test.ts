import { describe, expect, it } from 'vitest'
import type { Item } from '../../src/cli/escalations/item.ts'
import { renderClosed, renderWaiting } from '../../src/cli/escalations/table.ts'
import { clock, span, untilDue } from '../../src/cli/escalations/time.ts'
import { ended, item, later, NOW } from './escalations.ts'

const HOUR = 3_600_000

const ITEMS = [
  item({ priority: 100, dueAt: later(-2), regret: 12_345, recommended: null }),
  item({ id: '019ab000-0000-7000-8000-0000aaaaaaa2', account: 'globex', queue: 'renewals', assignee: 'maria' }),
  item({
    id: '019ab000-0000-7000-8000-0000aaaaaaa3',
    account: 'initech',
    dueAt: later(0.5),
    claimedBy: 'ben',
    claimedUntil: later(0.2),
    recommended: null,
    regret: null,
    blind: true,
  }),
  item({ id: '019ab000-0000-7000-8000-0000aaaaaaa4', rule: 'expansion-outreach.stale', queue: 'ops', regret: 0 }),
]

const render = (items: readonly Item[], width = 120) => renderWaiting(items, NOW, { width, colour: false })

describe('a table of what waits', () => {
  it('says all that one chooses by', () => {
    expect(render(ITEMS)).toMatchInlineSnapshot(`
      "  id        prio  due          queue     account  question                       regret  recommends            who
        5b0af9a1   100  overdue 2 h  csm       acme     expansion-outreach            $12,345  nothing
        aaaaaaa2        in 8 h       renewals  globex   expansion-outreach                $59  send expansion email  for maria
        aaaaaaa3        in 30 min    csm       initech  expansion-outreach             hidden  hidden                ben
        aaaaaaa4        in 8 h       ops                expansion-outreach.stale           $0
                                                        fails"
    `)
  })

  it('puts account and question into one column where there is little room', () => {
    expect(render(ITEMS, 80)).toMatchInlineSnapshot(`
      "  id        prio  due, queue   account, question    regret  recommends  who
        5b0af9a1   100  overdue 2 h  acme                $12,345  nothing
                        csm          expansion-outreach
        aaaaaaa2        in 8 h       globex                  $59  send        for
                        renewals     expansion-outreach           expansion   maria
                                                                  email
        aaaaaaa3        in 30 min    initech              hidden  hidden      ben
                        csm          expansion-outreach
        aaaaaaa4        in 8 h       expansion-outreac…       $0
                        ops          fails"
    `)
  })

  it('leaves out what tells no items apart', () => {
    const items = ITEMS.map((each) => ({ ...each, queue: 'csm', priority: 0 }))
    expect(render(items).split('\n')[0]).not.toMatch(/queue|prio/)
    expect(render(ITEMS).split('\n')[0]).toMatch(/prio.*queue/)
  })

  it('tells items apart whose ids end alike', () => {
    const twin = item({ id: '019ab000-0000-7000-8000-00015b0af9a1' })
    expect(render([item(), twin])).toContain('00005b0af9a1')
    expect(render([item(), twin])).toContain('00015b0af9a1')
  })

  it.each([80, 99, 100, 200])('keeps within %d columns', (width) => {
    const wordy = item({
      account: 'a-customer-with-a-very-long-name-indeed',
      decision: 'another-long-question-of-ours',
    })
    for (const line of render([...ITEMS, wordy], width).split('\n')) expect(line.length).toBeLessThanOrEqual(width)
  })

  it('shows what is overdue in red and what soon will be in yellow', () => {
    const text = renderWaiting(ITEMS, NOW, { width: 120, colour: true })
    expect(text).toContain('\u001b[31moverdue 2 h\u001b[39m')
    expect(text).toContain('\u001b[33min 30 min\u001b[39m')
  })
})

describe('a table of what is over', () => {
  it('says how it ended, under whole ids', () => {
    const items = [
      item({ status: 'resolved', resolution: ended('override', 'wait', 'customer_asked', 'maria') }),
      item({ status: 'withdrawn', resolution: ended('withdrawn', null, 'no_longer_needed', 'umpire') }),
    ]
    expect(renderClosed(items, { width: 120, colour: false })).toMatchInlineSnapshot(`
      "  id                                    account, question   answer          reason, by
        019ab000-0000-7000-8000-00005b0af9a1  acme                override: wait  customer_asked
                                              expansion-outreach                  maria
        019ab000-0000-7000-8000-00005b0af9a1  acme                withdrawn       no_longer_needed
                                              expansion-outreach                  umpire"
    `)
  })
})

describe('times', () => {
  it.each([
    [20_000, 'under 1 min'],
    [12 * 60_000, '12 min'],
    [59.6 * 60_000, '1 h'],
    [47 * HOUR, '47 h'],
    [49 * HOUR, '2 d'],
  ])('%d ms are %s', (milliseconds, text) => {
    expect(span(milliseconds)).toBe(text)
  })

  it('are told from now, or in full', () => {
    expect(untilDue(later(3), NOW)).toBe('in 3 h')
    expect(untilDue(later(-3), NOW)).toBe('overdue 3 h')
    expect(clock(later(0))).toBe('2026-11-23 09:00 UTC')
  })
})

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { upTo } from '../../src/backtest/html/plot.ts'
import { renderReport } from '../../src/backtest/html.ts'
import type { AgentWeight, Calibration, CostComparison, FlipPair, Pair } from '../../src/backtest/report.ts'
import { decision, type Names, report } from './backtest.ts'

/** Of everything that a browser would take for a tag: its name and its attributes' names, in order. */
function tagsOf(page: string): string[] {
  return [...page.matchAll(/<(\/?[a-z!][\w-]*)((?:\s+[\w:-]+(?:="[^"]*")?)*)\s*\/?>|</gi)].map(
    ([whole, name, attributes]) =>
      name === undefined
        ? whole
        : [name, ...[...(attributes ?? '').matchAll(/([\w:-]+)="/g)].map(([, key]) => key)].join(' '),
  )
}

const VOID = new Set(['!doctype', 'meta', 'path', 'circle', 'rect', 'br', 'wbr'])

const texts = (page: string, tag: string) =>
  [...page.matchAll(new RegExp(`<${tag}[^>]*>(.*?)</${tag}>`, 'gs'))].map(([, inner]) =>
    (inner ?? '').replace(/<[^>]*>/g, '').replaceAll('&#39;', "'"),
  )

const headline = (changes: Parameters<typeof decision>[0]) =>
  texts(renderReport(report({ decisions: [decision(changes)] })), 'p').find((text) =>
    text.includes('People would'),
  ) as string

const costs = (difference: CostComparison['difference'], changes: Partial<CostComparison> = {}): CostComparison => ({
  ...(decision().costs[0] as CostComparison),
  difference,
  ...changes,
})

describe('the page', () => {
  const page = renderReport(report())

  it('closes what it opens', () => {
    const open: string[] = []
    for (const tag of tagsOf(page)) {
      const name = (tag.split(' ')[0] as string).toLowerCase()
      if (name.startsWith('/')) expect(open.pop()).toBe(name.slice(1))
      else if (!VOID.has(name)) open.push(name)
    }
    expect(open).toEqual([])
  })

  it('needs nothing else, and says so to the browser', () => {
    expect(page).not.toMatch(/<(script|link|img|iframe|object|embed|base|form)\b|url\(|@import|https?:/i)
    expect(page).toContain(`content="default-src 'none'; style-src 'unsafe-inline'"`)
  })

  it('has an id only once, and labels each drawing by its own', () => {
    const ids = [...page.matchAll(/ id="([^"]*)"/g)].map(([, id]) => id)
    expect(new Set(ids).size).toBe(ids.length)
    const labels = [...page.matchAll(/<svg [^>]*role="img" aria-labelledby="([^"]*)"/g)]
    expect(labels).toHaveLength(2)
    for (const [, label] of labels) for (const id of (label as string).split(' ')) expect(ids).toContain(id)
  })

  it('gives every table a caption and headings of columns and rows', () => {
    const tables = [...page.matchAll(/<table.*?<\/table>/gs)].map(([table]) => table)
    expect(tables.length).toBeGreaterThanOrEqual(8)
    for (const table of tables) {
      expect(table).toContain('<caption>')
      expect(table).toContain('<th scope="col"')
      expect(table).toContain('<th scope="row">')
    }
  })

  it('is the same to the byte', () => {
    expect(renderReport(structuredClone(report()))).toBe(page)
  })

  it('holds what was found', () => {
    const rows = texts(page, 'tr')
    expect(rows).toContain('from act make_offer500400540')
    expect(rows).toContain('act make_offer → escalate4063211' + '27−1.250')
    expect(rows).toContain('churn-radar0.2000.350+0.150800')
    expect(rows.join('\n')).not.toContain('steady')
    expect(texts(page, 'li').join('\n')).toContain('7 questions of retention-offer could not be compared')
    expect(texts(page, 'figcaption').join('\n')).toMatch(/ECE 0\.030\); its Brier score is 0\.200/)
  })
})

describe('names', () => {
  const every = (name: string): Names => ({
    account: name,
    action: name,
    agent: name,
    state: name,
    decision: name,
    set: name,
  })

  it('are text, whatever they hold', () => {
    const hostile = `</code></title></style><script>alert(1)</script><img src=x onerror="alert('&')">`
    const page = renderReport(report({}, every(hostile)))
    expect(tagsOf(page)).toEqual(tagsOf(renderReport(report({}, every('plain')))))
    expect(page).not.toContain('<script')
    expect(page).toContain(
      '&lt;script&gt;alert(1)&lt;/script&gt;&lt;img src=x onerror=&quot;alert(&#39;&amp;&#39;)&quot;&gt;',
    )
  })

  it('never change what the page is made of', () => {
    const plain = tagsOf(renderReport(report({}, every('plain'))))
    const unit = fc.constantFrom(...`<>"'&/=! \n-a`, 'script', '\ud800', '\u202e', '\u0000')
    const name = fc.string({ unit, minLength: 1 }).map((text) => `-${text}`)
    fc.assert(
      fc.property(name, (name) => {
        expect(tagsOf(renderReport(report({}, every(name))))).toEqual(plain)
      }),
      { numRuns: 50 },
    )
  })

  it('can neither turn text round nor hide in it', () => {
    const page = renderReport(report({}, every('a\u202eb\u0000c\u2066\ud800d')))
    expect(page).toContain('a\ufffdb\ufffdc\ufffd\ufffdd')
    for (const character of '\u202e\u0000\u2066') expect(page).not.toContain(character)
  })
})

describe('the headline', () => {
  it('says what the candidate saves', () => {
    expect(headline({})).toBe(
      '50 of 1,000 answers (5.0 %) would change, and it would save 3.000 a question (95 % interval 2.000 to 4.000), ' +
        '25.0 % of what it costs now. People would decide 44.0 % of questions instead of 41.0 %; ' +
        'reviewing would take 2.7 hours a day instead of 2.6.',
    )
  })

  it('says what it costs', () => {
    expect(headline({ costs: [costs({ mean: 6, low: 1, high: 11 })] })).toContain(
      'it would cost 6.000 more a question (95 % interval 1.000 to 11.000), 50.0 % of what it costs now',
    )
  })

  it.each([
    [{ mean: -1, low: -3, high: 1 }, '1.000 less a question (95 % interval 3.000 less to 1.000 more)'],
    [{ mean: 0.00001, low: -3, high: 1 }, 'none on average (95 % interval 3.000 less to 1.000 more)'],
    [{ mean: 1, low: 0, high: 2 }, '1.000 more a question (95 % interval 0 to 2.000 more)'],
  ])('calls noise what may be nothing: %j', (difference, words) => {
    expect(headline({ costs: [costs(difference)] })).toContain(
      `would change, and the difference in cost is within noise: ${words}.`,
    )
  })

  it('gives what the baseline would say, where it prices otherwise', () => {
    const both = [costs({ mean: -3, low: -4, high: -2 }), costs({ mean: 1, low: 0.5, high: 2 }, { by: 'baseline' })]
    expect(headline({ costs: both })).toContain("By the baseline's own costs it would cost 1.000 more a question")
  })

  it('warns of an interval that rests on little', () => {
    expect(headline({ costs: [costs({ mean: -3, low: -4, high: -2 }, { questions: 12 })] })).toContain(
      'Only 12 outcomes could be priced: too few to rely on the interval.',
    )
    expect(headline({})).not.toContain('too few')
  })

  it('owns that nothing is known', () => {
    expect(headline({ costs: [], withOutcome: 0 })).toContain('is not known, since no outcome is known.')
    expect(headline({ costs: [] })).toContain('since no known outcome has a price under both sets.')
  })

  it('says that nothing would change', () => {
    const { flips } = decision()
    const same = { ...flips, count: 0, share: 0, pairs: [], costliest: [] }
    expect(headline({ flips: { ...same, recommendationOnly: 0 } })).toContain(
      'Nothing would change: both sets answer all 1,000 questions alike.',
    )
    expect(headline({ flips: same })).toContain('No answer would change; on 4 questions that people decide either way')
  })

  it('counts hours per thousand questions where the days are not known', () => {
    const { people } = decision()
    const undated = {
      baseline: { ...people.baseline, hoursPerDay: null },
      candidate: { ...people.candidate, hoursPerDay: null },
    }
    expect(headline({ people: undated })).toContain('80.0 hours per thousand questions instead of 76.7.')
  })
})

describe('the costliest flips', () => {
  const ID = '019ab000-0000-7000-8000-000000000001'

  it('are named, and linked where it is known which service has them', () => {
    expect(renderReport(report())).not.toContain(`<a href="/`)
    const linked = renderReport(report(), 'https://umpire.example/')
    expect(linked).toContain(`<a href="https://umpire.example/v1/adjudications/${ID}">`)
    expect(linked.match(/<a href="https/g)).toHaveLength(1)
  })

  it('say who found what, and what is not known', () => {
    const rows = texts(renderReport(report()), 'tr')
    expect(rows).toContain(`acmeact make_offer → escalateat_risk+40.00035.00041.5002026-11-02/v1/adjudications/${ID}`)
    expect(rows).toContain(
      'acmeescalate → act make_offera person: make_offerunknown45.00031.500no timeoutcomes.jsonl:12',
    )
  })
})

describe('without outcomes', () => {
  it('draws nothing, and says why', () => {
    const bare = decision({
      costs: [],
      thresholds: null,
      calibration: { baseline: null, candidate: null },
      withOutcome: 0,
    })
    const page = renderReport(report({ decisions: [bare] }))
    expect(page).not.toContain('<svg')
    expect(page).toContain('No outcome is known, so that there is neither a cost by threshold nor a reliability curve.')
  })
})

describe('several decisions', () => {
  it('are listed first, each with a link to its part', () => {
    const page = renderReport(report({ decisions: [decision(), decision({ decision: 'renewal', costs: [] })] }))
    expect(page).toContain('<a href="#decision-2"><code>renewal</code></a>')
    expect(page).toContain('<section class="decision" id="decision-2">')
    const ids = [...page.matchAll(/ id="([^"]*)"/g)].map(([, id]) => id)
    expect(new Set(ids).size).toBe(ids.length)
  })

  it('none at all is said', () => {
    const page = renderReport(report({ decisions: [] }))
    expect(page).toContain('No question could be asked of both sets')
    expect(page).toContain('could not be compared: the candidate has no such decision')
  })
})

describe('the drawings', () => {
  it('size bins by their count, in area', () => {
    const page = renderReport(report())
    const reliability = page.slice(page.indexOf('id="decision-1-reliability-title"'))
    const radii = [...reliability.matchAll(/<circle class="mark" [^>]*r="([\d.]+)"/g)].map(([, r]) => Number(r))
    expect(radii).toEqual([15, 7.5, 5])
  })

  it('hold no number that is none', () => {
    const flat = [{ multiplier: 1, meanCost: 0, asked: 0 }]
    const page = renderReport(report({ decisions: [decision({ thresholds: { baseline: flat, candidate: flat } })] }))
    expect(page).not.toMatch(/NaN|Infinity|undefined|null|\[object/)
    expect(renderReport(report())).not.toMatch(/NaN|Infinity|undefined|null|\[object/)
  })
})

describe('the reliability curve', () => {
  const { baseline, candidate } = decision().calibration as Pair<Calibration>
  const captions = (calibration: Pair<Calibration>) =>
    texts(renderReport(report({ decisions: [decision({ calibration })] })), 'figcaption').join()

  it('is of the rarer of two states', () => {
    expect(captions({ baseline, candidate })).toContain('How often at_risk. was true when')
  })

  it('is of the most believed of more, or where the sets have others', () => {
    const third = { ...(candidate.states[0] as Calibration['states'][number]), state: 'gone', prior: 0.01 }
    const more = { ...candidate, states: [...candidate.states, third] }
    expect(captions({ baseline, candidate: more })).toContain('How often the most believed state was true when')
    expect(captions({ baseline: more, candidate })).toContain('How often the most believed state was true when')
  })

  it('says what a score is to be measured by', () => {
    // 100 questions with .08 true and 25 with .92, of 300, in each of two states
    const rate = (100 * 0.08 + 25 * 0.92) / 300
    const score = (2 * rate * (1 - rate)).toFixed(3)
    expect(captions({ baseline, candidate })).toContain(
      `knowing no more than how often each state occurs would score ${score}`,
    )
  })
})

describe('long lists', () => {
  it('end, and say so', () => {
    const { flips, agents } = decision()
    const [pair] = flips.pairs as [FlipPair]
    const [agent] = agents as [AgentWeight]
    const long = decision({
      flips: { ...flips, pairs: Array.from({ length: 43 }, (_, i) => ({ ...pair, to: `act ${i}` })) },
      agents: Array.from({ length: 52 }, (_, i) => ({ ...agent, agent: `agent-${i}` })),
    })
    const page = renderReport(report({ decisions: [long] }))
    expect(page).toContain('3 rarer flips left out; the matrix holds them.')
    expect(page).toContain('2 more moved less.')
    expect(page).not.toContain('agent-50')
  })
})

describe('an axis', () => {
  it.each([
    [0.41, ['0.0', '0.2', '0.4', '0.6']],
    [12_000_000, ['0', '5M', '10M', '15M']],
    [400, ['0', '100', '200', '300', '400']],
    [0, ['0.0', '0.5', '1.0']],
  ])('ends in a round number above %d', (most, ticks) => {
    expect(upTo(most, '').ticks.map(({ text }) => text)).toEqual(ticks)
  })

  it('has few ticks, and holds the most', () => {
    fc.assert(
      fc.property(fc.double({ min: 1e-9, max: 1e15, noNaN: true }), (most) => {
        const axis = upTo(most, '')
        expect(axis.ticks.length).toBeLessThanOrEqual(6)
        expect(axis.scale(most)).toBeLessThanOrEqual(1 + 1e-9)
        expect(axis.scale(most)).toBeGreaterThan(0.5)
      }),
    )
  })
})

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { FactDeclaration } from '../../src/core/model.ts'
import { compileExpression } from '../../src/core/rules/cel/compile.ts'
import { compileFast } from '../../src/core/rules/cel/fast.ts'
import { useDoubles } from '../../src/core/rules/cel/numbers.ts'
import { createVocabulary, VARIABLES, type Vocabulary } from '../../src/core/rules/cel/vocabulary.ts'
import type { Scope } from '../../src/core/rules/expression.ts'

const DECLARED = createVocabulary(
  new Map<string, FactDeclaration>([
    ['a', { type: 'number' }],
    ['b', { type: 'number', default: 2 }],
    ['s', { type: 'string' }],
    ['t', { type: 'timestamp', default: '2026-11-01' }],
    ['l', { type: 'list<string>' }],
    ['m', { type: 'map' }],
    ['v', { type: 'bool' }],
  ]),
  VARIABLES,
)
const DYNAMIC = createVocabulary(null, VARIABLES)

interface Sources {
  readonly number: string
  readonly text: string
  readonly list: string
  readonly bool: string
}

/** Expressions of each type, well typed where all facts are as declared. */
const sources = fc.letrec<Sources>((tie) => {
  const binary = (type: 'number' | 'text' | 'bool', ...operators: string[]) =>
    fc.tuple(tie(type), fc.constantFrom(...operators), tie(type)).map(([a, op, b]) => `(${a} ${op} ${b})`)
  const choice = (type: 'number' | 'bool') =>
    fc.tuple(tie('bool'), tie(type), tie(type)).map(([c, a, b]) => `(${c} ? ${a} : ${b})`)
  const leaf = { depthSize: 'small', withCrossShrink: true } as const
  return {
    number: fc.oneof(
      leaf,
      fc.constantFrom(
        '0',
        '1',
        '2.5',
        '-3',
        'account.a',
        'account.b',
        'signal.ageHours',
        'account.m.n',
        'daysSince(account.t)',
        'daysUntil(now)',
      ),
      fc.constantFrom('account["a"]', 'size(signals)', 'signals[0].confidence', 'signals[9].confidence'),
      binary('number', '+', '-', '*', '/', '%'),
      choice('number'),
      tie('list').map((list) => `size(${list})`),
      tie('number').map((n) => `-${n}`),
    ),
    text: fc.oneof(
      leaf,
      fc.constantFrom('"x"', '""', 'account.s', 'signal.claim', 'signal.agent.kind', 'account.l[0]', 'account.m["k"]'),
      binary('text', '+'),
    ),
    list: fc.oneof(
      leaf,
      fc.constantFrom('account.l', '["x", "y"]', 'signals.map(i, i.claim)'),
      fc.tuple(tie('list'), tie('text')).map(([list, text]) => `${list}.filter(i, i == ${text})`),
    ),
    bool: fc.oneof(
      leaf,
      fc.constantFrom(
        'true',
        'false',
        'account.v',
        'has(account.a)',
        'has(account.m.n)',
        '(proposal == null)',
        '(proposal.action == "x")',
      ),
      binary('bool', '&&', '||', '==', '!='),
      binary('number', '<', '<=', '>', '>=', '==', '!='),
      binary('text', '<', '<=', '>', '>=', '==', '!='),
      choice('bool'),
      tie('bool').map((b) => `!${b}`),
      fc.tuple(tie('text'), tie('list')).map(([text, list]) => `(${text} in ${list})`),
      fc
        .tuple(tie('text'), fc.constantFrom('startsWith', 'endsWith', 'contains'), tie('text'))
        .map(([a, f, b]) => `${a}.${f}(${b})`),
      fc
        .tuple(tie('list'), fc.constantFrom('exists', 'all', 'exists_one'), tie('text'))
        .map(([l, f, t]) => `${l}.${f}(i, i == ${t})`),
      fc
        .tuple(fc.constantFrom('exists', 'all'), tie('number'))
        .map(([f, n]) => `signals.${f}(x, x.ageHours > ${n} && x.agent.kind != "x")`),
    ),
  }
}).bool

/** Facts as declared, of other types, null or missing. */
const facts = fc.record(
  {
    a: fc.oneof(fc.double({ noNaN: true, noDefaultInfinity: true }), fc.constantFrom<unknown>('1', true, null, [])),
    b: fc.oneof(fc.integer(), fc.constantFrom<unknown>(null, 'x')),
    s: fc.oneof(fc.constantFrom('x', 'xy', ''), fc.constantFrom<unknown>(1, null)),
    t: fc.constantFrom<unknown>('2026-11-10T09:00:00Z', '2026-11-10', 'soon', 5),
    l: fc.oneof(fc.array(fc.constantFrom('x', 'y')), fc.constantFrom<unknown>(['x', 1], 'x', null, [null])),
    m: fc.constantFrom<unknown>({}, { n: 1, k: 'x' }, { n: null, k: 1 }, [], 'x'),
    v: fc.constantFrom<unknown>(true, false, 'x', null),
  },
  { requiredKeys: [] },
)

const signals = [
  { id: '1', agent: { name: 'p', kind: 'x', trust: 1 }, claim: 'x', confidence: 0.5, ageHours: 1 },
  { id: '2', agent: { name: 'q', kind: 'y', trust: 1 }, claim: 'y', confidence: 0.7, ageHours: 90 },
] as const

const scopes = fc.record({ account: facts, hasProposal: fc.boolean() }).map(
  ({ account, hasProposal }): Scope => ({
    account,
    signals,
    signal: signals[0],
    proposal: hasProposal ? { agent: 'c', action: 'x' } : null,
    now: new Date('2026-11-20T09:00:00Z'),
  }),
)

const FAILED = Symbol('failed')

function attempt(evaluate: () => unknown): unknown {
  try {
    return evaluate()
  } catch {
    return FAILED
  }
}

/** The fast path and cel-js, of the same expression. */
function both(source: string, vocabulary: Vocabulary) {
  const parsed = vocabulary.environment.parse(source)
  useDoubles(parsed.ast)
  expect(parsed.check().error, source).toBeUndefined()
  return { fast: compileFast(parsed.ast, vocabulary), slow: (scope: Scope) => parsed(vocabulary.context(scope)) }
}

describe.each([
  ['declared', DECLARED],
  ['dynamic', DYNAMIC],
])('the fast path with %s facts', (_kind, vocabulary) => {
  it('never answers otherwise than cel-js', () => {
    let answers = 0
    const property = fc.property(sources, scopes, (source, scope) => {
      const { fast, slow } = both(source, vocabulary)
      const answer = fast === null ? FAILED : attempt(() => fast(scope))
      if (answer === FAILED) return
      answers++
      expect(answer, source).toEqual(attempt(() => slow(scope)))
    })
    fc.assert(property, { numRuns: 2000 })
    expect(answers).toBeGreaterThan(300)
  })

  it('leaves an expression as cel-js alone would have it', () => {
    fc.assert(
      fc.property(sources, scopes, (source, scope) => {
        const compiled = compileExpression(source, 'boolean', vocabulary)
        fc.pre('expression' in compiled)
        const alone = attempt(() => both(source, vocabulary).slow(scope))
        const answer = typeof alone === 'boolean' ? alone : FAILED
        expect(
          attempt(() => compiled.expression.evaluate(scope)),
          source,
        ).toBe(answer)
      }),
      { numRuns: 500 },
    )
  })

  it.each([
    'account.a > 5 && account.s == "x"',
    '"x" in account.l || account.b * 2 >= 4',
    'account.s in ["x", "y"]',
    'daysSince(account.t) <= 30',
    'has(account.a) ? account.a < 3 : true',
    'signal.agent.kind == "x" && signal.ageHours > 72',
    'signals.exists(s, s.claim == "x")',
    'proposal != null && proposal.action == "x"',
  ])('knows %s', (source) => {
    expect(both(source, vocabulary).fast).not.toBeNull()
  })
})

import { expect, test } from 'vitest'
import { adjudicate } from '../../src/core/adjudicate.ts'
import type { Adjudication, Decision } from '../../src/core/model.ts'
import { DAY } from '../core/fixtures.ts'
import { BOOK, type BookedAccount, MONDAY } from './book.ts'
import { agentsOf, RULES } from './ruleset.ts'

/** One question of that Monday and its answer. */
interface Answered {
  readonly account: BookedAccount
  readonly decision: string
  readonly answer: Adjudication
}

const EXPANSION = 'expansion-outreach'

/** Each account has one sweep that looks after it: onboarding, then churn, then from ninety days ahead the renewal. */
function questionsAbout({ age, renewal, signals }: BookedAccount): readonly string[] {
  const sweep = age <= 90 ? 'onboarding-check-in' : renewal <= 90 ? 'renewal-motion' : 'churn-save'
  const wentWrong = signals.some(
    ({ claim, observedAt }) => ['complaint', 'angry_customer'].includes(claim) && MONDAY - observedAt <= 3 * DAY,
  )
  return [EXPANSION, sweep, ...(wentWrong ? ['escalation-response'] : [])]
}

function ask(account: BookedAccount, decision: string, n: number): Answered {
  const { signals, facts } = account
  const proposal = decision === EXPANSION ? { agent: 'renewal-copilot', action: 'send_expansion_email' } : null
  const agents = agentsOf({ signals, proposal })
  // Multiples of the golden ratio spread evenly: as good as random here, and the same every day.
  const draw = (n * 0.618034) % 1
  const question = { account: account.name, now: MONDAY, draw, facts, signals, agents, proposal, ruling: null }
  return { account, decision, answer: adjudicate(RULES.decisions.get(decision) as Decision, question) }
}

const answers = BOOK.flatMap((account) => questionsAbout(account).map((decision) => ({ account, decision }))).map(
  ({ account, decision }, n) => ask(account, decision, n),
)

const reachesPeople = ({ answer }: Answered) => answer.handoff?.kind === 'decision'
const asked = answers.filter(reachesPeople)
const unasked = answers.filter((answered) => !reachesPeople(answered))

/** As the console sorts them: by priority, then due time, then regret. */
const queue = asked.toSorted(
  ({ answer: a }, { answer: b }) =>
    (b.handoff?.priority ?? 0) - (a.handoff?.priority ?? 0) ||
    (a.handoff?.dueAt ?? 0) - (b.handoff?.dueAt ?? 0) ||
    b.regret - a.regret,
)

function mean(some: readonly Answered[], of: (answer: Adjudication) => number): number {
  return some.reduce((sum, { answer }) => sum + of(answer), 0) / some.length
}

test('all five decisions come up, for forty-two accounts', () => {
  expect(BOOK).toHaveLength(42)
  expect(new Set(answers.map(({ decision }) => decision))).toEqual(new Set(RULES.decisions.keys()))
})

test('no rule and no loss fails', () => {
  expect(answers.flatMap(({ answer }) => answer.rules.filter(({ error }) => error !== undefined))).toEqual([])
})

test('5 to 20 % of the questions reach people', () => {
  const share = asked.length / answers.length
  expect(share).toBeGreaterThanOrEqual(0.05)
  expect(share).toBeLessThanOrEqual(0.2)
})

test('who is angry comes first, within minutes, and nothing goes out to them', () => {
  expect(queue[0]?.account.mood).toBe('angry')
  const about = answers.filter(({ account }) => account.mood === 'angry')
  expect(about.every(reachesPeople)).toBe(true)
  for (const { decision, answer } of about) {
    expect(answer.handoff?.dueAt).toBeLessThanOrEqual(MONDAY + DAY / 96)
    const action = RULES.decisions.get(decision)?.actions.find(({ name }) => name === answer.recommendation.action)
    expect(action?.tags).not.toContain('customer_facing')
  }
})

test('what is in court goes to legal', () => {
  const queues = answers.filter(({ account }) => account.mood === 'legal').map(({ answer }) => answer.handoff?.queue)
  expect(queues).toEqual(['legal', 'legal'])
})

test('the disputed come before the calm', () => {
  const places = (mood: string) => queue.flatMap(({ account }, place) => (account.mood === mood ? [place] : []))
  expect(places('calm').length).toBeGreaterThan(0)
  expect(Math.max(...places('disputed'))).toBeLessThan(Math.min(...places('calm')))
})

test('people get the questions on which agents disagree and in which much is at stake', () => {
  expect(mean(asked, ({ conflict }) => conflict)).toBeGreaterThan(2 * mean(unasked, ({ conflict }) => conflict))
  expect(mean(asked, ({ regret }) => regret)).toBeGreaterThan(4 * mean(unasked, ({ regret }) => regret))
})

test('a large dispute reaches a person, a small one is not worth an hour', () => {
  const disputed = answers.filter(({ account }) => account.mood === 'disputed')
  const reached = new Set(disputed.filter(reachesPeople).map(({ account }) => account))
  for (const { account } of disputed) expect(reached.has(account), account.name).toBe(account.arr > 100_000)
})

test('calm small accounts get their e-mail', () => {
  const small = answers.filter(
    ({ account, decision }) => account.mood === 'calm' && account.arr <= 50_000 && decision === EXPANSION,
  )
  expect(small.length).toBeGreaterThan(15)
  for (const { account, answer } of small) {
    expect(answer.recommendation.action, account.name).toBe('send_expansion_email')
    expect(['act', 'act_and_review'], account.name).toContain(answer.recommendation.disposition)
    expect(answer.proposal?.verdict, account.name).toBe('allow')
  }
})

test('nobody writes to a large or strategic account about buying more without its owner', () => {
  const large = answers.filter(({ account, decision }) => account.arr > 250_000 && decision === EXPANSION)
  expect(large).toHaveLength(4)
  for (const { answer } of large) expect(answer.proposal?.verdict).not.toBe('allow')
})

test('whoever is loud and unknown moves nothing', () => {
  const shouted = answers.find(({ account, decision }) => account.name === 'quill-press' && decision === EXPANSION)
  const quiet = { ...(shouted?.account as BookedAccount) }
  const signals = quiet.signals.filter(({ agent }) => agent !== 'growth-hacker-9000')
  expect(signals.length).toBeLessThan(quiet.signals.length)
  expect(ask({ ...quiet, signals }, EXPANSION, 0).answer.beliefs).toEqual(shouted?.answer.beliefs)
})

test('of what agents do under supervision about a tenth is reviewed', () => {
  const supervised = unasked.filter(({ answer }) => answer.recommendation.reasons[0] !== 'autonomous')
  const reviewed = supervised.filter(({ answer }) => answer.recommendation.disposition === 'act_and_review')
  expect(reviewed.length / supervised.length).toBeGreaterThan(0.03)
  expect(reviewed.length / supervised.length).toBeLessThan(0.25)
})

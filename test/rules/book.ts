import type { Facts, Signal } from '../../src/core/model.ts'
import { DAY } from '../core/fixtures.ts'

/** A Monday in November, nine in the morning. */
export const MONDAY = Date.UTC(2026, 10, 23, 9)

/**
 * What the team would say of the account if asked.
 *
 * `calm`: all is well · `troubled`: in trouble, and the agents agree · `disputed`: the agents contradict one another ·
 * `angry` and `legal`: as the words say · `contract`: terms are being negotiated · `new`: in its first ninety days.
 */
export type Mood = 'calm' | 'troubled' | 'disputed' | 'angry' | 'legal' | 'contract' | 'new'

export interface BookedAccount {
  readonly name: string
  readonly mood: Mood
  readonly facts: Facts & { readonly arr: number; readonly segment: string }
  readonly signals: readonly Signal[]
}

type Statement = Pick<Signal, 'agent' | 'claim' | 'confidence' | 'score' | 'observedAt'>

const said = (agent: string, claim: string, confidence: number | null, daysAgo: number): Statement => {
  return { agent, claim, confidence, score: null, observedAt: MONDAY - daysAgo * DAY }
}

/** Churn radar runs every night over the whole book. */
const radar = (risk: number, daysAgo = 0.2) => said('churn-radar', 'churn_risk', risk, daysAgo)
/** A health score from 0 to 100, computed on Sundays. */
const pulse = (score: number, daysAgo = 1): Statement => {
  return { ...said('pulse', 'healthy', null, daysAgo), score }
}
const uses = (confidence: number, daysAgo = 0.5) => said('product-usage', 'healthy', confidence, daysAgo)
const drops = (confidence: number, daysAgo = 0.5) => said('product-usage', 'usage_drop', confidence, daysAgo)
const complains = (confidence: number, daysAgo = 1) => said('support-sentiment', 'complaint', confidence, daysAgo)
const satisfied = (confidence: number, daysAgo = 1) => said('support-sentiment', 'satisfied', confidence, daysAgo)
const angry = (confidence: number, daysAgo = 0.1) => said('support-sentiment', 'angry_customer', confidence, daysAgo)
const buys = (confidence: number, daysAgo = 2) => said('expansion-scout', 'expansion_ready', confidence, daysAgo)
const ready = (confidence: number, daysAgo = 2) => said('renewal-copilot', 'expansion_ready', confidence, daysAgo)
const champion = (confidence: number, daysAgo = 2) => said('champion-watch', 'champion_left', confidence, daysAgo)
const rival = (confidence: number, daysAgo = 3) => said('champion-watch', 'competitor_seen', confidence, daysAgo)
const onTrack = (confidence: number, daysAgo = 0.5) =>
  said('onboarding-guide', 'onboarding_on_track', confidence, daysAgo)
const stuck = (confidence: number, daysAgo = 0.5) => said('onboarding-guide', 'onboarding_stuck', confidence, daysAgo)
const stranger = (claim: string) => said('growth-hacker-9000', claim, 0.99, 0)

const days = (ahead: number) => new Date(MONDAY + ahead * DAY).toISOString()

/** `age` and `renewal` in days: how long it has been a customer, and in how many its contract ends. */
function account(
  name: string,
  mood: Mood,
  segment: 'smb' | 'mid_market' | 'enterprise' | 'strategic',
  arr: number,
  age: number,
  renewal: number,
  statements: readonly Statement[],
  more: Facts = {},
): BookedAccount {
  return {
    name,
    mood,
    facts: { arr, segment, onboardedAt: days(-age), renewalAt: days(renewal), ...more },
    signals: statements.map((statement, i) => ({
      ...statement,
      sequence: i + 1,
      id: `${name}-${i + 1}`,
      expiresAt: null,
    })),
  }
}

/** Forty-two customers on an ordinary Monday. */
export const BOOK: readonly BookedAccount[] = [
  // Small ones, most of them as calm as small ones are.
  account('acorn-bikes', 'calm', 'smb', 3_000, 410, 320, [radar(0.06), pulse(93), uses(0.92)]),
  account('bayside-dental', 'calm', 'smb', 4_200, 800, 295, [radar(0.09), pulse(88)]),
  account('brightpath', 'calm', 'smb', 4_800, 210, 155, [radar(0.12), pulse(90), uses(0.88), buys(0.8)]),
  account('cedar-yoga', 'calm', 'smb', 5_500, 505, 225, [radar(0.05), uses(0.95)]),
  account('copper-kettle', 'disputed', 'smb', 6_000, 390, 340, [radar(0.71), pulse(91), uses(0.86)]),
  account('dune-surf', 'calm', 'smb', 6_600, 640, 90, [radar(0.1), pulse(89), uses(0.9)]),
  account('elm-and-oak', 'calm', 'smb', 7_200, 330, 35, [radar(0.08), pulse(94), uses(0.93)]),
  account('fjord-coffee', 'new', 'smb', 7_500, 12, 353, [radar(0.2), onTrack(0.85)]),
  account('gable-homes', 'calm', 'smb', 8_400, 700, 30, [radar(0.11), pulse(87), satisfied(0.75)]),
  account('harbor-vets', 'calm', 'smb', 9_000, 460, 270, [radar(0.07), pulse(95), uses(0.9), ready(0.85)]),
  account('ibis-travel', 'troubled', 'smb', 9_600, 380, 350, [radar(0.83), pulse(31), drops(0.88)]),
  account('juniper-books', 'calm', 'smb', 10_800, 950, 145, [radar(0.13), pulse(85), uses(0.84)]),
  account('kiln-ceramics', 'calm', 'smb', 12_000, 260, 105, [radar(0.05), pulse(96), buys(0.9)]),
  account('larkspur', 'new', 'smb', 12_600, 48, 317, [radar(0.25), onTrack(0.9), uses(0.85)]),
  account('mosaic-law', 'calm', 'smb', 14_400, 560, 170, [radar(0.1), pulse(90), uses(0.9)]),
  account('nettle-foods', 'calm', 'smb', 15_000, 420, 310, [radar(0.09), pulse(92), satisfied(0.8)]),
  account('opal-fitness', 'disputed', 'smb', 16_800, 610, 120, [radar(0.3), pulse(90), uses(0.85), complains(0.85)]),
  account('pinewood', 'calm', 'smb', 18_000, 345, 20, [radar(0.07), pulse(93), uses(0.94)]),
  account('quill-press', 'calm', 'smb', 20_000, 480, 250, [radar(0.06), pulse(95), uses(0.95), stranger('churn_risk')]),
  account('rookery', 'calm', 'smb', 21_600, 530, 200, [radar(0.12), pulse(88), buys(0.75)]),
  account('saffron-cloud', 'new', 'smb', 24_000, 62, 303, [radar(0.4), stuck(0.9), drops(0.8)]),
  account('tidewater', 'calm', 'smb', 26_400, 750, 345, [radar(0.08), pulse(92), uses(0.91)]),
  account('umber-paints', 'calm', 'smb', 28_800, 290, 75, [radar(0.1), pulse(91), uses(0.89)]),

  // The middle of the market.
  account('vantage-freight', 'calm', 'mid_market', 36_000, 660, 70, [radar(0.07), pulse(94), uses(0.93)]),
  account('willow-clinics', 'calm', 'mid_market', 42_000, 400, 330, [radar(0.09), pulse(92), uses(0.9)]),
  account('xenia-labs', 'new', 'mid_market', 45_000, 19, 346, [radar(0.22), onTrack(0.8), uses(0.6)]),
  account(
    'yarrow-energy',
    'angry',
    'mid_market',
    54_000,
    870,
    225,
    [radar(0.35), pulse(90), complains(0.8, 2), angry(0.92)],
    {
      openTickets: 3,
    },
  ),
  account('zephyr-games', 'calm', 'mid_market', 60_000, 520, 210, [radar(0.1), pulse(91), uses(0.92), ready(0.8)]),
  account('alder-robotics', 'calm', 'mid_market', 66_000, 310, 55, [radar(0.08), pulse(93), uses(0.9)]),
  account('beacon-media', 'legal', 'mid_market', 72_000, 980, 115, [radar(0.3), pulse(84), uses(0.88)], {
    flags: ['legal_dispute'],
  }),
  account('cobalt-security', 'calm', 'mid_market', 78_000, 440, 290, [radar(0.07), pulse(95), uses(0.94)]),
  account('delta-water', 'calm', 'mid_market', 84_000, 730, 365, [radar(0.11), pulse(90), uses(0.9)]),
  account('ember-logistics', 'disputed', 'mid_market', 62_000, 590, 140, [
    radar(0.78),
    pulse(93),
    uses(0.9),
    ready(0.9),
  ]),
  account('flint-insurance', 'calm', 'mid_market', 108_000, 820, 275, [radar(0.06), pulse(95), uses(0.95)]),
  account('granite-retail', 'disputed', 'mid_market', 118_000, 680, 50, [
    radar(0.4),
    pulse(92),
    uses(0.85),
    complains(0.85),
  ]),

  // Few, large, and each of them known by name.
  account('heron-pharma', 'calm', 'enterprise', 145_000, 1_100, 240, [
    radar(0.05),
    pulse(96),
    uses(0.95),
    satisfied(0.8),
  ]),
  account('indigo-telecom', 'disputed', 'enterprise', 180_000, 900, 195, [radar(0.82), pulse(90, 0.5)]),
  account('jasper-airlines', 'contract', 'enterprise', 220_000, 1_300, 25, [radar(0.07), pulse(94), uses(0.94)], {
    flags: ['contract_negotiation'],
  }),
  account('keystone-bank', 'calm', 'enterprise', 290_000, 760, 335, [
    radar(0.04),
    pulse(97),
    uses(0.96),
    satisfied(0.85),
  ]),
  account(
    'lumen-health',
    'disputed',
    'enterprise',
    410_000,
    1_020,
    80,
    [radar(0.66), pulse(94), uses(0.92), rival(0.7)],
    {
      flags: ['procurement_dispute'],
    },
  ),
  account('meridian-auto', 'calm', 'strategic', 640_000, 1_500, 260, [
    radar(0.03),
    pulse(98),
    uses(0.97),
    satisfied(0.9),
  ]),
  account('northstar-group', 'disputed', 'strategic', 900_000, 2_100, 150, [
    radar(0.55),
    pulse(95),
    uses(0.93),
    champion(0.85),
  ]),
]

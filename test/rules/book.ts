import type { Facts, Signal } from '../../src/core/model.ts'
import { DAY } from '../core/fixtures.ts'

/** A Monday in November, nine in the morning. */
export const MONDAY = Date.UTC(2026, 10, 23, 9)

/**
 * What the team would say of an account if asked.
 *
 * `calm`: all is well · `troubled`: in trouble, and the agents agree · `disputed`: the agents contradict one another ·
 * `angry` and `legal`: as the words say · `contract`: terms are being negotiated · `new`: in its first ninety days.
 */
export type Mood = 'calm' | 'troubled' | 'disputed' | 'angry' | 'legal' | 'contract' | 'new'

export interface BookedAccount {
  readonly name: string
  readonly mood: Mood
  readonly arr: number
  /** In days: how long it has been a customer, and in how many its contract ends. */
  readonly age: number
  readonly renewal: number
  readonly facts: Facts
  readonly signals: readonly Signal[]
}

/** Who says what in the table, and how many days ago unless an `@` says otherwise. */
const STATEMENTS: Readonly<Record<string, readonly [agent: string, claim: string, daysAgo: number]>> = {
  risk: ['churn-radar', 'churn_risk', 0.2],
  score: ['pulse', 'healthy', 1],
  uses: ['product-usage', 'healthy', 0.5],
  drops: ['product-usage', 'usage_drop', 0.5],
  complains: ['support-sentiment', 'complaint', 1],
  satisfied: ['support-sentiment', 'satisfied', 1],
  angry: ['support-sentiment', 'angry_customer', 0.1],
  buys: ['expansion-scout', 'expansion_ready', 2],
  ready: ['renewal-copilot', 'expansion_ready', 2],
  champion: ['champion-watch', 'champion_left', 2],
  rival: ['champion-watch', 'competitor_seen', 3],
  on_track: ['onboarding-guide', 'onboarding_on_track', 0.5],
  stuck: ['onboarding-guide', 'onboarding_stuck', 0.5],
  stranger: ['growth-hacker-9000', 'churn_risk', 0],
}

/** Ages and renewals in days. A health score is one from 0 to 100, the other numbers are confidences. */
const TABLE = `
account          mood      segment     arr     age   renewal  flags                 signals

acorn-bikes      calm      smb           3000   410      320  -                     risk .06, score 93, uses .92
bayside-dental   calm      smb           4200   800      295  -                     risk .09, score 88
brightpath       calm      smb           4800   210      155  -                     risk .12, score 90, uses .88, buys .8
cedar-yoga       calm      smb           5500   505      225  -                     risk .05, uses .95
copper-kettle    disputed  smb           6000   390      340  -                     risk .71, score 91, uses .86
dune-surf        calm      smb           6600   640       90  -                     risk .1, score 89, uses .9
elm-and-oak      calm      smb           7200   330       35  -                     risk .08, score 94, uses .93
fjord-coffee     new       smb           7500    12      353  -                     risk .2, on_track .85
gable-homes      calm      smb           8400   700       30  -                     risk .11, score 87, satisfied .75
harbor-vets      calm      smb           9000   460      270  -                     risk .07, score 95, uses .9, ready .85
ibis-travel      troubled  smb           9600   380      350  -                     risk .83, score 31, drops .88
juniper-books    calm      smb          10800   950      145  -                     risk .13, score 85, uses .84
kiln-ceramics    calm      smb          12000   260      105  -                     risk .05, score 96, buys .9
larkspur         new       smb          12600    48      317  -                     risk .25, on_track .9, uses .85
mosaic-law       calm      smb          14400   560      170  -                     risk .1, score 90, uses .9
nettle-foods     calm      smb          15000   420      310  -                     risk .09, score 92, satisfied .8
opal-fitness     disputed  smb          16800   610      120  -                     risk .3, score 90, uses .85, complains .85
pinewood         calm      smb          18000   345       20  -                     risk .07, score 93, uses .94
quill-press      calm      smb          20000   480      250  -                     risk .06, score 95, uses .95, stranger .99
rookery          calm      smb          21600   530      200  -                     risk .12, score 88, buys .75
saffron-cloud    new       smb          24000    62      303  -                     risk .4, stuck .9, drops .8
tidewater        calm      smb          26400   750      345  -                     risk .08, score 92, uses .91
umber-paints     calm      smb          28800   290       75  -                     risk .1, score 91, uses .89

vantage-freight  calm      mid_market   36000   660       70  -                     risk .07, score 94, uses .93
willow-clinics   calm      mid_market   42000   400      330  -                     risk .09, score 92, uses .9
xenia-labs       new       mid_market   45000    41      324  -                     risk .22, on_track .8, uses .6
yarrow-energy    angry     mid_market   54000   870      225  -                     risk .35, score 90, complains .8@2, angry .92
zephyr-games     calm      mid_market   60000   520      210  -                     risk .1, score 91, uses .92, ready .8
ember-logistics  disputed  mid_market   62000   590      140  -                     risk .78, score 93, uses .9, ready .9
alder-robotics   calm      mid_market   66000   310       55  -                     risk .08, score 93, uses .9
beacon-media     legal     mid_market   72000   980      115  legal_dispute         risk .3, score 84, uses .88
cobalt-security  calm      mid_market   78000   440      290  -                     risk .07, score 95, uses .94
delta-water      calm      mid_market   84000   730      365  -                     risk .11, score 90, uses .9
flint-insurance  calm      mid_market  108000   820      275  -                     risk .06, score 95, uses .95
granite-retail   disputed  mid_market  118000   680       50  -                     risk .4, score 92, uses .85, complains .85@4

heron-pharma     calm      enterprise  145000  1100      240  -                     risk .05, score 96, uses .95
indigo-telecom   disputed  enterprise  180000   900      195  -                     risk .82, score 90@.5
jasper-airlines  contract  enterprise  220000  1300       25  contract_negotiation  risk .07, score 94, uses .94
keystone-bank    calm      enterprise  290000   760      335  -                     risk .04, score 97, uses .96
lumen-health     disputed  enterprise  410000  1020       80  procurement_dispute   risk .66, score 94, uses .92, rival .7
meridian-auto    calm      strategic   640000  1500      260  -                     risk .03, score 98, uses .97
northstar-group  disputed  strategic   900000  2100      150  -                     risk .55, score 95, uses .93, champion .85
`

/** Forty-two customers on an ordinary Monday. */
export const BOOK: readonly BookedAccount[] = TABLE.trim().split(/\n+/).slice(1).map(readAccount)

function readAccount(row: string): BookedAccount {
  const [name, mood, segment, arr, age, renewal, flags, ...words] = row.split(/ +/) as [string, Mood, ...string[]]
  return {
    name,
    mood,
    arr: Number(arr),
    age: Number(age),
    renewal: Number(renewal),
    facts: {
      arr: Number(arr),
      segment,
      onboardedAt: daysFromMonday(-Number(age)),
      renewalAt: daysFromMonday(Number(renewal)),
      ...(flags !== '-' && { flags: [flags] }),
    },
    signals: words
      .join(' ')
      .split(', ')
      .map((statement, i) => readSignal(statement, i + 1, name)),
  }
}

/** `risk .82`, or `risk .82@3`: said three days ago. */
function readSignal(statement: string, sequence: number, account: string): Signal {
  const [word = '', number = '', daysAgo] = statement.split(/[ @]/)
  const said = STATEMENTS[word]
  if (said === undefined) throw new Error(`nobody says \`${word}\`; add it to the statements`)
  const [agent, claim, usually] = said
  const isScore = word === 'score'
  return {
    sequence,
    id: `${account}-${sequence}`,
    agent,
    claim,
    confidence: isScore ? null : Number(number),
    score: isScore ? Number(number) : null,
    observedAt: MONDAY - Number(daysAgo ?? usually) * DAY,
    expiresAt: null,
  }
}

function daysFromMonday(days: number): string {
  return new Date(MONDAY + days * DAY).toISOString()
}

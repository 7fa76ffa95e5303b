/**
 * The words of the domain as types. Times are milliseconds since the epoch, money is in the operator's
 * currency, probabilities lie in [0, 1]. Everything is read-only: each stage returns new values.
 */

import type { Queues } from './queues.ts'
import type { Expression, SignalView } from './rules/expression.ts'

/** Numbers the arithmetic. A change that alters any number of any answer raises it. */
export const ENGINE = 1

export type Facts = Readonly<Record<string, unknown>>

export type AgentMode = 'live' | 'shadow' | 'muted'

/** A source of signals, as it stands at the moment of an adjudication: the file's words under the admin's. */
export interface Agent {
  readonly name: string
  readonly kind: string
  readonly mode: AgentMode
  /** 0 to 1, multiplies the weight of all it says. */
  readonly trust: number
  /** Used where a signal states no confidence. */
  readonly defaultConfidence: number
  /** `probability`: the confidence is P(claim). `support`: it is how strongly the agent speaks for its claim. */
  readonly confidence: 'probability' | 'support'
  /** Turns a signal's `score` into a confidence, piecewise linear through these points, ascending. */
  readonly scale: readonly (readonly [score: number, confidence: number])[] | null
  /** Holds where the agent may be heard and may act; null: everywhere. */
  readonly scope: Expression<boolean> | null
  /** From then on the agent counts as shadow. */
  readonly until: number | null
  readonly owner: string | null
}

/** One agent's statement about one account, as accepted. `sequence` is its place in the account's audit stream. */
export interface Signal {
  readonly sequence: number
  readonly id: string
  readonly agent: string
  readonly claim: string
  readonly confidence: number | null
  readonly score: number | null
  readonly observedAt: number
  readonly expiresAt: number | null
}

export interface Proposal {
  readonly agent: string
  readonly action: string
}

/** Who may act on an action, from the freest to the strictest; a cap only ever moves to the right. */
export const AUTONOMY = ['autonomous', 'supervised', 'copilot', 'off_limits'] as const
export type Autonomy = (typeof AUTONOMY)[number]

export const DISPOSITIONS = ['act', 'act_and_review', 'suggest', 'escalate'] as const
export type Disposition = (typeof DISPOSITIONS)[number]

export const VERDICTS = ['allow', 'ask', 'deny'] as const
export type Verdict = (typeof VERDICTS)[number]

/** Why a disposition is what it is; the first that holds decides, all that hold are listed. */
export const REASONS = [
  'decided_by_person',
  'no_permitted_action',
  'rule_error',
  'rule',
  'people_only',
  'uncertain',
  'copilot',
  'sampled',
  'supervised',
  'autonomous',
] as const
export type Reason = (typeof REASONS)[number]

/** Why a verdict is what it is. */
export const VERDICT_REASONS = [
  'vetoed',
  'off_limits',
  'out_of_scope',
  'decided_by_person',
  'loss_failed',
  'needs_person',
  'costlier',
  'copilot',
  'within_tolerance',
  'recommended',
] as const
export type VerdictReason = (typeof VERDICT_REASONS)[number]

/** Why a signal carries no weight. */
export const UNUSED = [
  'agent_in_shadow',
  'agent_out_of_scope',
  'claim_not_mapped',
  'superseded',
  'own_case',
  'beyond_newest_200',
] as const
export type Unused = (typeof UNUSED)[number]

/** A decision file, checked and compiled. States, claims and actions refer to one another by index, in file order. */
export interface Decision {
  readonly name: string
  readonly description: string
  /** Null where the file declares none: then facts are dynamic. */
  readonly facts: ReadonlyMap<string, FactDeclaration> | null
  readonly states: readonly { readonly name: string; readonly prior: number }[]
  readonly claims: ReadonlyMap<string, Claim>
  readonly actions: readonly Action[]
  /** Those of `_all.yaml` first. */
  readonly rules: readonly Rule[]
  readonly review: Review
  /** ρ of the weight formula: 0 adds evidence up, 1 averages it. */
  readonly dependence: number
  readonly evidenceCap: number
  readonly tolerance: number
  /** Milliseconds. */
  readonly validFor: number
  /** Milliseconds for which an agent may act on an answer that allows it to. */
  readonly lease: number
  /** Milliseconds by tag, of those that its actions carry: nothing with the tag is done again before. */
  readonly cooldowns: ReadonlyMap<string, number>
  /** The longest of these and of the actions' own, 0 where there are none: what was done before that does not count. */
  readonly longestCooldown: number
  /** What, when it arrives, makes the question be asked by itself. */
  readonly adjudicateOn: readonly ('signal' | 'fact')[]
  /** Facts that its rules, losses and assignees read; null: any, since they read them by names that are computed. */
  readonly reads: readonly string[] | null
  /** SHA-256 of what the file and the shared rules say that bears on an answer: rulesets with the same ask the same. */
  readonly meaning: string
  readonly queues: Queues
}

export interface FactDeclaration {
  /** As written, `list<string>`. */
  readonly type: string
  /** Undefined: the fact has no default. */
  readonly default?: unknown
}

export interface Claim {
  /** Indexes of states, ascending. */
  readonly pointsAt: readonly number[]
  /** π(T), the sum of the priors of the states it points at. */
  readonly priorMass: number
  /** Milliseconds; null: the claim does not age. */
  readonly halfLife: number | null
}

export interface Action {
  readonly name: string
  readonly autonomy: Autonomy
  readonly tags: readonly string[]
  /** One per state, in their order. */
  readonly loss: readonly Expression<number>[]
  /** Milliseconds before which it is not done again, whatever decision it was done under; null: at any time. */
  readonly cooldown: number | null
}

export interface Review {
  readonly cost: number
  readonly queue: string
  /** Milliseconds from the adjudication to when a person should have decided; null: what the queue says. */
  readonly due: number | null
  readonly sampleRate: number
  /** Names the person who should take it, `account.owner`; null: anybody of the queue. */
  readonly assignee: Expression<string> | null
  /** Milliseconds for which a person's answer stands. */
  readonly holdsFor: number
  /** Index of the action that is taken where nobody decides in time and the queue falls back; null: the least bad at worst. */
  readonly fallback: number | null
}

export interface Rule {
  readonly id: string
  /** Whether it is one of `_all.yaml`. */
  readonly shared: boolean
  readonly when: Expression<boolean>
  /** True: asked once for each live signal. */
  readonly forEachSignal: boolean
  readonly effects: readonly Effect[]
  readonly because: string
  /** What each effect comes to where the rule holds, but for signals and amounts; made at load, for all answers. */
  readonly outcomes: readonly Outcome[]
}

/** What one effect of a rule comes to; explanations render these and evaluate nothing again. */
export interface Outcome {
  readonly entry: LedgerRule
  /** Null: the condition failed, so that it is not known whether the rule holds. */
  readonly effect: Effect | null
  /** For which signal, of a rule that is asked for each. */
  readonly signal: SignalView | null
  /** Of `addLoss`, one per term; NaN where the amount could not be evaluated. */
  readonly amounts: readonly number[]
}

export type Effect =
  | { readonly kind: 'veto'; readonly actions: readonly number[] }
  | {
      readonly kind: 'escalate'
      readonly queue: string | null
      readonly priority: number | null
      readonly due: number | null
      readonly assignee: Expression<string> | null
    }
  | { readonly kind: 'autonomyCap'; readonly caps: readonly { readonly action: number; readonly level: Autonomy }[] }
  | { readonly kind: 'weight'; readonly factor: number }
  | { readonly kind: 'addLoss'; readonly terms: readonly AddedLoss[] }
  | { readonly kind: 'tag'; readonly tags: readonly string[] }

export interface AddedLoss {
  readonly action: number
  readonly state: number
  readonly amount: Expression<number>
}

/** Everything an answer depends on. The same input gives the same answer, to the last digit. */
export interface Question {
  readonly account: string
  readonly now: number
  /** Uniform in [0, 1): decides whether a supervised action is reviewed. */
  readonly draw: number
  readonly facts: Facts
  /** Any order; superseded and expired ones may be among them. */
  readonly signals: readonly Signal[]
  /** At least every agent that `signals` and `proposal` name. */
  readonly agents: ReadonlyMap<string, Agent>
  readonly proposal: Proposal | null
  /** What a person last decided about this question; null: nobody has. */
  readonly ruling: Ruling | null
  /** What agents have lately done with this account, under any decision. Left out: nothing. */
  readonly taken?: readonly Taken[] | undefined
}

/** An action that an agent redeemed its lease for, and so took. */
export interface Taken {
  /** Of the entry in the account's stream that recorded it. */
  readonly sequence: number
  readonly action: string
  /** That the action carried then. */
  readonly tags: readonly string[]
  /** Milliseconds since the epoch. */
  readonly at: number
}

/** A person's answer to a question, with what it was given under: it stands while that has not changed. */
export interface Ruling {
  /** Of the entry in the account's stream that recorded it. */
  readonly sequence: number
  readonly action: string
  readonly by: string
  /** Milliseconds since the epoch. */
  readonly at: number
  readonly until: number
  /** `Decision.meaning` then. */
  readonly meaning: string
  /** Of the facts that the decision reads, those that there were. */
  readonly facts: Facts
  /** With every agent heard, that which proposed too. */
  readonly beliefs: Readonly<Record<string, number>>
  /** Ids of the rules that escalated, failed or spoke against the action then. */
  readonly rules: readonly string[]
  /** What of an agent's they were shown and allowed; left out where no agent had checked with them. */
  readonly shown?: Shown | undefined
}

/** What an agent was going to send. */
export interface Shown {
  readonly agent: string
  /** SHA-256 in hex; null: it showed nothing. */
  readonly payloadHash: string | null
  /** Id of the lease that was redeemed on it, which it was good for; left out where none has been. */
  readonly lease?: string
}

/** The answer and the ledger from which it was computed. Field names are those of the API. */
export interface Adjudication {
  readonly account: string
  readonly decision: string
  readonly summary: string
  readonly recommendation: {
    readonly action: string | null
    readonly confidence: number
    readonly disposition: Disposition
    readonly reasons: readonly Reason[]
  }
  readonly proposal: (Proposal & { readonly verdict: Verdict; readonly reasons: readonly VerdictReason[] }) | null
  readonly beliefs: Readonly<Record<string, number>>
  readonly expectedLoss: Readonly<Record<string, number | null>>
  readonly regret: number
  readonly reviewCost: number
  readonly conflict: number
  readonly signals: readonly LedgerSignal[]
  readonly rules: readonly LedgerRule[]
  readonly flips: readonly Flip[]
  readonly tags: readonly string[]
  /** What a person is asked, if anything. */
  readonly handoff: Handoff | null
  /** The person's answer that stands, if any. */
  readonly ruling: Ruling | null
  /** Milliseconds since the epoch. */
  readonly validUntil: number
}

export interface LedgerSignal {
  readonly sequence: number
  readonly id: string
  readonly agent: string
  readonly claim: string
  /** What the agent stated, or what its scale made of the score; null: neither. */
  readonly confidence: number | null
  /** What the arithmetic used. */
  readonly calibrated: number
  readonly ageHours: number
  readonly weight: number
  /** `weight` is the product of these, with trust · freshness · rules · share kept within [0, 3]. */
  readonly weightParts: {
    readonly trust: number
    readonly freshness: number
    readonly rules: number
    /** 1 ÷ the number of the agent's used signals. */
    readonly share: number
    /** What is left of it because agents read the same sources. */
    readonly dependence: number
  }
  readonly llr: number
  /** weight · llr, what was added to the log of the states it points at. */
  readonly contribution: number
  readonly used: boolean
  readonly why?: Unused
}

/** A rule that held, one entry per effect, or that failed (`error`). */
export interface LedgerRule {
  readonly id: string
  readonly effect: Effect['kind'] | null
  readonly because: string
  /** The signal for which it held, of a rule that is asked for each. */
  readonly signal?: string
  /** Expression and reason, where it failed. */
  readonly error?: string
}

export interface Flip {
  readonly signal: string
  readonly atConfidence: number
  /** What would be recommended then. */
  readonly action: string
}

/** A case for a person. */
export interface Handoff {
  readonly kind: 'decision' | 'sample'
  readonly queue: string
  readonly priority: number
  /** Milliseconds since the epoch, in the hours of the queue. */
  readonly dueAt: number
  readonly assignee: string | null
  /** Of a sample, the probability with which it was drawn. */
  readonly probability: number | null
  /** What could not be evaluated, each mended once and not for each account: `decision.rule`, `_all.rule`, `agents.name`. */
  readonly faults: readonly string[]
  /** False where failures are all that a person is asked for: then there is nothing to decide about the account. */
  readonly aboutAccount: boolean
}

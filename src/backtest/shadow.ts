import type { App } from '../app/app.ts'
import type { Principal } from '../app/principal.ts'
import { withoutHidden } from '../app/shadow-answers.ts'
import { type Answer, answerOf } from '../core/comparison.ts'
import { asksPerson } from '../core/recommend.ts'
import { newestShadow, type StoredShadow } from '../storage/shadow.ts'
import {
  countShadowAnswers,
  listShadowAnswers,
  type ShadowAnswer,
  type ShadowCount,
  type ShadowFilter,
} from '../storage/shadow-answers.ts'
import { byName } from './measures/compared.ts'
import { errorsOf, type ShadowError } from './shadow-errors.ts'
import { evidenceOf, type ShadowEvidence } from './shadow-evidence.ts'

/** What a shadow has found so far: a comparison of answers that nobody got with those that were given. */
export interface ShadowReport {
  readonly shadow: StoredShadow
  /** Adjudications that were made while it ran. */
  readonly questions: number
  /** By name. */
  readonly decisions: readonly ShadowDecision[]
}

export interface ShadowDecision {
  readonly decision: string
  readonly questions: number
  /** Those that both sets answered by rules; each is the same or flipped. */
  readonly compared: number
  readonly same: number
  readonly flipped: number
  /** Of those compared; null: none was. */
  readonly flippedShare: number | null
  /** Settled by a person's earlier answer: no rules decided. */
  readonly ruled: number
  /** The shadow set has no such decision. */
  readonly notCompared: number
  /** The shadow set could not answer, for a fault of ours. */
  readonly failed: number
  /** Of its answers, those in which an expression failed, so that it asks a person. */
  readonly errors: number
  /** Of those compared, the share that people decide under each; null: none was compared. */
  readonly people: { readonly active: number; readonly candidate: number } | null
  /** From the answer that was given to the one that was not, the most frequent first. */
  readonly flips: readonly ShadowFlips[]
  readonly proposals: ShadowProposals
  readonly evidence: ShadowEvidence
  /** Of the flips, newest first. */
  readonly newest: readonly ShadowAnswer[]
  /** Of the answers in which an expression failed, newest first. */
  readonly newestErrors: readonly ShadowError[]
}

export interface ShadowFlips {
  readonly from: Answer
  readonly to: Answer
  readonly questions: number
}

/** Proposals of agents among the questions compared. */
export interface ShadowProposals {
  readonly judged: number
  /** Those on which the verdict differs. */
  readonly differ: number
  /** The most frequent first; null: the set does not have the action. */
  readonly verdicts: readonly { readonly from: string | null; readonly to: string | null; readonly questions: number }[]
}

/** Of each decision, how many of the newest flips are held against what became known: each is answered again for that. */
const LOOKED_AT = 1_000
const NEWEST = 10
/** Each is asked again, too, for what failed. */
const NEWEST_ERRORS = 5

/** Undefined where no shadow was ever started. @param viewer from whom is kept what blind queues hide */
export async function reportShadow(app: App, viewer: Principal): Promise<ShadowReport | undefined> {
  const shadow = await newestShadow(app.db)
  if (!shadow) return undefined
  const counts = await countShadowAnswers(app.db, shadow.sequence)
  const names = [...new Set(counts.map(({ decision }) => decision))].sort(byName)
  const decisions: ShadowDecision[] = []
  for (const decision of names) {
    const counted = countsOf(counts.filter((count) => count.decision === decision))
    const list = (some: number, filter: ShadowFilter, most: number) =>
      some === 0 ? [] : listShadowAnswers(app.db, shadow.sequence, { decision, ...filter }, undefined, most)
    const seen = async (answers: readonly ShadowAnswer[], most: number) =>
      (await withoutHidden(app, viewer, answers.slice(0, most * 5))).slice(0, most)
    const flips = await list(counted.flipped, { flipped: true }, LOOKED_AT)
    const errors = await list(counted.errors, { errored: true }, NEWEST_ERRORS * 5)
    const evidence = await evidenceOf(app, shadow.ruleset, flips)
    const newest = await seen(flips, NEWEST)
    const newestErrors = await errorsOf(app, shadow.ruleset, await seen(errors, NEWEST_ERRORS))
    decisions.push({ decision, ...counted, evidence, newest, newestErrors })
  }
  return { shadow, questions: sum(counts), decisions }
}

const sum = (counts: readonly ShadowCount[]): number => counts.reduce((total, { questions }) => total + questions, 0)

function countsOf(
  counts: readonly ShadowCount[],
): Omit<ShadowDecision, 'decision' | 'evidence' | 'newest' | 'newestErrors'> {
  const of = (result: ShadowCount['result']) => counts.filter((count) => count.result === result)
  const compared = [...of('same'), ...of('flipped')]
  const total = sum(compared)
  const asking = (side: 'active' | 'candidate') =>
    sum(compared.filter(({ [side]: answer }) => answer !== null && asksPerson(answer.disposition))) / total
  return {
    questions: sum(counts),
    compared: total,
    same: sum(of('same')),
    flipped: sum(of('flipped')),
    flippedShare: total === 0 ? null : sum(of('flipped')) / total,
    ruled: sum(of('ruled')),
    notCompared: sum(of('not_compared')),
    failed: sum(of('failed')),
    errors: sum(counts.filter(({ errored }) => errored)),
    people: total === 0 ? null : { active: asking('active'), candidate: asking('candidate') },
    flips: pairs(of('flipped'), (answer) => answerOf(answer)),
    proposals: proposalsOf(compared),
  }
}

function proposalsOf(compared: readonly ShadowCount[]): ShadowProposals {
  const judged = compared.filter(({ active }) => active.verdict !== null)
  const differing = judged.filter(({ active, candidate }) => active.verdict !== candidate?.verdict)
  return { judged: sum(judged), differ: sum(differing), verdicts: pairs(differing, ({ verdict }) => verdict) }
}

/** How often what was given goes with what was not, in words. */
function pairs<W extends string | null>(
  counts: readonly ShadowCount[],
  word: (answer: ShadowCount['active']) => W,
): { readonly from: W; readonly to: W; readonly questions: number }[] {
  const found = new Map<string, { from: W; to: W; questions: number }>()
  for (const { active, candidate, questions } of counts) {
    if (candidate === null) continue
    const [from, to] = [word(active), word(candidate)]
    const pair = found.get(`${from} → ${to}`) ?? { from, to, questions: 0 }
    pair.questions += questions
    found.set(`${from} → ${to}`, pair)
  }
  return [...found]
    .sort(([a, one], [b, other]) => other.questions - one.questions || byName(a, b))
    .map(([, pair]) => pair)
}

import type { BacktestReport, DecisionReport, Flips, NotCompared } from './report.ts'
import { counted, number } from './words.ts'

/** What was asked, of when, and what is known of it. */
export function historyNote({ history }: BacktestReport): string {
  const { source, from, to, questions, withOutcome, withResolution } = history
  const span = from === null || to === null ? '' : `, ${from.slice(0, 10)} to ${to.slice(0, 10)}`
  const known = `${number(withOutcome)} with a known outcome, ${number(withResolution)} that a person decided`
  return `${counted(questions, 'question')} from the ${source}${span}: ${known}.`
}

/** What a reader must know to trust the figures of a whole report: what is in them, and what could not be. */
export function notesOf({ history, notCompared }: BacktestReport): readonly string[] {
  const { reproduced, ruled, undated, erased, accountsWithoutOutcome } = history
  return [
    reproduced && reproduced.of > 0 && reproducedNote(reproduced),
    ruled > 0 &&
      `${counted(ruled, 'question')} had been settled by a person's earlier answer. Both sets answer without it here.`,
    undated > 0 &&
      `${counted(undated, 'question')} and their signals have no time: rules that look at the time saw the one of --now, and every signal as new.`,
    erased > 0 &&
      `${counted(erased, 'recorded answer')} could not be read, their inputs erased or damaged, and are left out.`,
    accountsWithoutOutcome > 0 &&
      `${counted(accountsWithoutOutcome, 'account')} without an outcome are left out: files are asked once per outcome.`,
    ...notCompared.map(notComparedNote),
  ].filter((note) => typeof note === 'string')
}

function reproducedNote({ of, same }: { readonly of: number; readonly same: number }): string {
  if (of === same) return `The baseline gives all ${counted(of, 'answer')} again that it gave then.`
  return `Of ${counted(of, 'answer')} that the baseline gave then, it gives ${number(same)} again: what is stored is not what was asked.`
}

function notComparedNote({ decision, reason, questions }: NotCompared): string {
  return `${counted(questions, 'question')} of \`${decision}\` could not be compared: ${WHY[reason]}.`
}
const WHY: Readonly<Record<NotCompared['reason'], string>> = {
  not_in_baseline: 'the baseline has no such decision',
  not_in_candidate: 'the candidate has no such decision',
  in_neither: 'neither set has such a decision',
}

/** What a reader must know about one decision: names that changed, and what therefore could not be priced. */
export function decisionNotesOf({ states, actions, unknownStates, costs }: DecisionReport): readonly string[] {
  const unknown = (['baseline', 'candidate'] as const).flatMap((side) =>
    unknownStates[side].map(
      ({ name, questions }) =>
        `${counted(questions, 'outcome')} \`${name}\`: no state of the ${side}, left out of its costs and its calibration.`,
    ),
  )
  return [
    changeNote('state', states),
    changeNote('action', actions),
    ...unknown,
    ...costs
      .filter(({ unpriced }) => unpriced > 0)
      .map(
        ({ by, unpriced }) =>
          `By the ${by}'s costs ${counted(unpriced, 'question')} with an outcome have no price: a state or an action is not there, or its loss failed.`,
      ),
  ].filter((note) => typeof note === 'string')
}

/** What differs though it is no flip; null: nothing. */
export function recommendationNote({ recommendationOnly }: Pick<Flips, 'recommendationOnly'>): string | null {
  if (recommendationOnly === 0) return null
  return `On ${number(recommendationOnly)} more, which people decide either way, the recommendation differs.`
}

/** What is said where no answer flips. */
export function unchangedNote(questions: number, { recommendationOnly }: Pick<Flips, 'recommendationOnly'>): string {
  if (recommendationOnly === 0)
    return `Nothing would change: both sets answer all ${counted(questions, 'question')} alike.`
  return `No answer would change; on ${counted(recommendationOnly, 'question')} that people decide either way, the recommendation would.`
}

function changeNote(
  what: string,
  { gone, added }: { readonly gone: readonly string[]; readonly added: readonly string[] },
) {
  if (gone.length + added.length === 0) return null
  const changes = [
    gone.length > 0 && `only the baseline has ${listed(gone)}`,
    added.length > 0 && `only the candidate has ${listed(added)}`,
  ].filter(Boolean)
  return `The ${what}s differ: ${changes.join('; ')}.`
}

const listed = (names: readonly string[]) => names.map((name) => `\`${name}\``).join(', ')

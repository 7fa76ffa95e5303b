import type { PeopleReport } from '../report.ts'
import type { Said } from '../side.ts'

/** What a side asks of people. */
export interface PeopleTally {
  asked: number
  sampled: number
}

export const emptyPeople = (): PeopleTally => ({ asked: 0, sampled: 0 })

export function addPeople(tally: PeopleTally, { asks, of }: Said): void {
  if (asks) tally.asked += 1
  if (of.disposition === 'act_and_review') tally.sampled += 1
}

export function mergePeople(into: PeopleTally, from: PeopleTally): void {
  into.asked += from.asked
  into.sampled += from.sampled
}

/** @param days that the questions span; null: not known */
export function peopleOf(
  { asked, sampled }: PeopleTally,
  questions: number,
  days: number | null,
  minutesPerReview: number,
): PeopleReport {
  const hours = ((asked + sampled) * minutesPerReview) / 60
  return {
    asked,
    askedShare: asked / questions,
    sampled,
    hoursPerDay: days === null ? null : hours / days,
    hoursPerThousand: (hours / questions) * 1_000,
  }
}

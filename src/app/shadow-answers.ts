import { newestShadow } from '../storage/shadow.ts'
import {
  deleteShadowAnswersBefore,
  listShadowAnswers as list,
  type ShadowAnswer,
  type ShadowFilter,
} from '../storage/shadow-answers.ts'
import { type App, type Page, type Paged, paged } from './app.ts'
import { hiddenItems } from './blind.ts'
import type { Principal } from './principal.ts'

/**
 * What the newest shadow would have answered, newest first; nothing where none was ever started. What a blind queue hides
 * from the viewer is left out: the answers of two sets are much alike.
 */
export async function listShadowAnswers(
  app: App,
  viewer: Principal,
  filter: ShadowFilter,
  { limit, cursor }: Page,
): Promise<Paged<ShadowAnswer>> {
  const shadow = await newestShadow(app.db)
  const rows = shadow ? await list(app.db, shadow.sequence, filter, cursor, limit + 1) : []
  const { items, next } = paged(
    rows,
    limit,
    (row) => row,
    ({ adjudication }) => adjudication,
  )
  return { items: await withoutHidden(app, viewer, items), next }
}

/** Those that the viewer may see. */
export async function withoutHidden(
  app: App,
  viewer: Principal,
  answers: readonly ShadowAnswer[],
): Promise<readonly ShadowAnswer[]> {
  const hidden = await hiddenItems(
    app,
    viewer,
    answers.flatMap(({ escalation }) => escalation ?? []),
  )
  return answers.filter(({ escalation }) => escalation === null || !hidden.has(escalation))
}

const SWEPT_AT_ONCE = 10_000

/** Deletes what was found by shadows before the newest: nobody can read it any more, and the trail holds what it came from. */
export async function sweepShadowAnswers(app: App): Promise<void> {
  const newest = await newestShadow(app.db)
  if (!newest) return
  while ((await deleteShadowAnswersBefore(app.db, newest.sequence, SWEPT_AT_ONCE)) === SWEPT_AT_ONCE);
}

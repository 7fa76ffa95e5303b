import { UMPIRE } from '../../core/escalation/escalation.ts'
import { demand, may, type Principal } from '../principal.ts'
import { Problem } from '../problem.ts'

/** The person who works on an escalation. */
export interface Reviewer {
  readonly name: string
  /** The key that acts for them, where that is not their own. */
  readonly key: string | undefined
}

/**
 * Who reviews: the holder of a person's key, or whom an admin key names.
 * @throws Problem `forbidden`; `invalid_request` where an admin key names nobody
 */
export function reviewerOf(principal: Principal, named: string | undefined): Reviewer {
  demand(principal, 'escalations:review')
  const { name, kind } = principal
  if (may(principal, 'admin')) {
    const reviewer = named ?? (kind === 'person' ? name : undefined)
    if (reviewer === undefined) {
      throw new Problem('invalid_request', 'an admin key acts for a person: name them as `reviewer`')
    }
    if (reviewer === UMPIRE) {
      throw new Problem('invalid_request', `\`${UMPIRE}\` is who makes the steps that no person makes; name a person`)
    }
    return { name: reviewer, key: reviewer === name ? undefined : name }
  }
  if (kind !== 'person') {
    throw new Problem('forbidden', `key \`${name}\` is a ${kind}'s, and only persons review; use a person's key`)
  }
  if (named !== undefined && named !== name) {
    throw new Problem('forbidden', `key \`${name}\` reviews as \`${name}\` only; leave \`reviewer\` out`)
  }
  return { name, key: undefined }
}

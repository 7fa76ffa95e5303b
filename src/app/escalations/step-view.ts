import type { StoredStep } from '../../storage/steps.ts'

/** What was done with an escalation: by whom, and what is otherwise since. */
export interface StepView {
  readonly at: string
  /** `opened`, `changed`, `joined`, `withdrawn`, or what a person or a clock did: `claimed`, `resolved`, … */
  readonly kind: string
  /** Null where it has been erased. */
  readonly by: string | null
  /** By field. */
  readonly changed: Readonly<Record<string, { readonly from: unknown; readonly to: unknown }>> | null
  readonly comment: string | null
}

/** What of a change does not tell what is recommended. */
const OPEN_TO_THE_BLIND = new Set(['assignee', 'dueAt', 'priority', 'proposal', 'queue'])

/** @param hidden whether the recommendation must not be told */
export function stepView({ kind, at, body }: StoredStep, escalation: string, hidden: boolean): StepView {
  const { by = null, changed = null, comment, resolution } = (body ?? {}) as Body
  return {
    at: at.toISOString(),
    kind: KINDS[kind]?.(body, escalation) ?? kind.replace('escalation.', ''),
    by,
    changed: changed && hidden ? withoutAnswer(changed) : changed,
    comment: comment ?? resolution?.comment ?? null,
  }
}

interface Body {
  readonly by?: string
  readonly changed?: NonNullable<StepView['changed']>
  readonly comment?: string
  readonly resolution?: { readonly comment?: string | null }
}

/** Entries that are not about an escalation alone, and what they did to it. */
const KINDS: Readonly<Record<string, (body: StoredStep['body'], escalation: string) => string>> = {
  adjudication: (body, escalation) =>
    body === null ? 'erased' : body.withdrew === escalation ? 'withdrawn' : body.joined === true ? 'changed' : 'opened',
  alias: () => 'joined',
}

function withoutAnswer(changed: NonNullable<StepView['changed']>): StepView['changed'] {
  return Object.fromEntries(Object.entries(changed).filter(([field]) => OPEN_TO_THE_BLIND.has(field)))
}

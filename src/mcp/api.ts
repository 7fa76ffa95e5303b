import type { ProblemCode } from '../app/problem.ts'

/** A request to the HTTP API. */
export interface ApiRequest {
  readonly method: 'GET' | 'POST'
  readonly path: string
  readonly query?: Readonly<Record<string, string | number | undefined>>
  readonly body?: object
  readonly idempotencyKey?: string | undefined
}

/**
 * The HTTP API in the name of whoever calls a tool, so that scopes, limits, validation and the trail are those of every
 * other door.
 *
 * @returns what it answers
 * @throws Refusal
 */
export type Api = (request: ApiRequest) => Promise<unknown>

/** A problem document, as far as tools go by it. */
export interface ProblemTold {
  readonly code: ProblemCode
  readonly detail: string
  /** Undefined where no request was made. */
  readonly instance?: string
  readonly errors?: readonly { readonly path: string; readonly message: string }[]
}

/** What the API answers instead. */
export class Refusal extends Error {
  override readonly name = 'Refusal'
  readonly problem: ProblemTold
  /** Seconds after which it makes sense to try again; null: that helps nothing. */
  readonly retryAfter: number | null
  /** What to do now, where that does not follow from the problem. */
  readonly next: string | undefined

  constructor(problem: ProblemTold, retryAfter: number | null = null, next?: string) {
    super(problem.detail)
    this.problem = problem
    this.retryAfter = retryAfter
    this.next = next
  }
}

import jsonata from 'jsonata'
import { jsonataMessage } from '../../core/rules/jsonata.ts'
import type { Mapping, Matcher, Scalar, Source } from '../../core/sources.ts'
import { type Failed, failed, type Made } from './made.ts'

/** A source, ready to be asked. Evaluated where it can be ended: an expression may run for ever. */
export interface Expressions {
  /** The events in a payload. */
  split(payload: unknown, asked: Asked): Promise<readonly unknown[] | Failed>
  map(event: unknown, asked: Asked): Promise<Made>
}

/** What evaluations for one request have in common. */
export interface Asked {
  /** RFC 3339. */
  readonly receivedAt: string
  /** Characters of JSON that may still be made: what is made goes to the process that serves, which has to hold it. */
  room: number
  /** Hears which matcher is asked next, before it is. */
  readonly onMatcher?: ((matcher: string) => void) | undefined
}

/** Of all that is made for a request, in characters of JSON. A body has a million bytes. */
export const ROOM = 8_000_000

/** What an expression may take before it counts as one that does not end, in milliseconds. */
export const EXPRESSION_AT_MOST = 1_000
export const TOO_LONG = 'did not end within a second'

/** Milliseconds, calls, items of a list. */
const LIMITS = { timeout: EXPRESSION_AT_MOST, stack: 400, sequence: 100_000 }

type Limits = typeof LIMITS | undefined

type Evaluate = (event: unknown, asked: Asked) => Promise<unknown>

const PARTS = ['account', 'aliases', 'at', 'facts', 'signals'] as const

/**
 * @param guarded whether an expression that takes too much is ended by itself, with words. It costs half as much again, and is
 *   needed only where one has been ended from outside.
 */
export function compileExpressions({ forEach, matchers }: Source, guarded: boolean): Expressions {
  const limits = guarded ? LIMITS : undefined
  const events = forEach === null ? null : compile('forEach', forEach, limits)
  const kinds = matchers.map((matcher) => compileMatcher(matcher, limits))
  return {
    async split(payload, asked) {
      if (events === null) return Array.isArray(payload) ? payload : [payload]
      try {
        const found = await events(payload, asked)
        if (found === undefined) return failed('`forEach` finds no events in it')
        return Array.isArray(found) ? found : [found]
      } catch (error) {
        return failed((error as Error).message)
      }
    },
    async map(event, asked) {
      for (const { matcher, matches, holds, make } of kinds) {
        if (!matches(event)) continue
        asked.onMatcher?.(matcher)
        try {
          if (await holds(event, asked)) return await make(event, asked)
        } catch (error) {
          return failed((error as Error).message, matcher)
        }
      }
      return failed('no matcher fits; add one, with `ignore: true` if such events are not wanted')
    },
  }
}

interface Kind {
  readonly matcher: string
  /** By its fields. */
  matches(event: unknown): boolean
  /** By its condition. */
  holds(event: unknown, asked: Asked): Promise<boolean>
  make(event: unknown, asked: Asked): Promise<Made>
}

function compileMatcher({ name: matcher, match, when, makes }: Matcher, limits: Limits): Kind {
  const fields = Object.entries(match).map(([path, values]) => ({ path: path.split('.'), values }))
  const condition = when === null ? null : compile('when', when, limits)
  const parts = compileParts(makes, limits)
  return {
    matcher,
    matches: (event) => fields.every(({ path, values }) => values.includes(fieldAt(event, path))),
    async holds(event, asked) {
      const holds = condition === null ? true : await condition(event, asked)
      if (typeof holds === 'boolean' || holds === undefined) return holds === true
      throw new Error(`\`when\` must come to true or false, not ${JSON.stringify(holds).slice(0, 40)}`)
    },
    async make(event, asked) {
      if (parts === null) return { kind: 'ignored', matcher }
      const made: Record<string, unknown> = { account: null }
      try {
        for (const [part, evaluate] of parts) made[part] = await evaluate(event, asked)
      } catch (error) {
        return { ...failed((error as Error).message, matcher), account: made.account }
      }
      return { kind: 'made', matcher, account: null, ...made }
    },
  }
}

function compileParts(makes: Mapping | null, limits: Limits): readonly (readonly [string, Evaluate])[] | null {
  if (makes === null) return null
  return PARTS.flatMap((part) => {
    const source = makes[part]
    return source === null ? [] : [[part, compile(part, source, limits)] as const]
  })
}

/** The own field at a path; null where there is none. */
function fieldAt(event: unknown, path: readonly string[]): Scalar {
  let value: unknown = event
  for (const key of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return null
    value = (value as Record<string, unknown>)[key]
  }
  return value as Scalar
}

/** @returns what the expression comes to, as JSON would have it; undefined: nothing. It throws an Error in words */
function compile(key: string, source: string, limits: Limits): Evaluate {
  const expression = jsonata(source, limits)
  return async (event, asked) => {
    try {
      const value = await expression.evaluate(event, { receivedAt: asked.receivedAt })
      if (typeof value === 'boolean') return value
      const text = typeof value === 'string' ? value : JSON.stringify(value)
      if (text === undefined) return undefined
      if (text.length > asked.room) throw new Error(TOO_MUCH)
      asked.room -= text.length
      return typeof value === 'string' ? value : JSON.parse(text)
    } catch (error) {
      throw new Error(`\`${key}\`: ${inWords(error as JsonataError)}`)
    }
  }
}

interface JsonataError {
  readonly code?: string
  readonly position?: number
  readonly token?: string
  readonly message?: string
}

const TOO_MUCH = `makes more than ${ROOM.toLocaleString('en')} characters of JSON; make less of each event`

function inWords({ code, position, token, message = '' }: JsonataError): string {
  const at = position === undefined ? '' : ` (near character ${position})`
  switch (code) {
    case 'D1012':
      return TOO_LONG
    case 'D1011':
      return 'calls itself too often'
    case 'D2014':
    case 'D2015':
      return `makes a list of more than ${LIMITS.sequence.toLocaleString('en')} items`
    case 'D3030':
      return `${jsonataMessage(message)}; say what becomes of such values${at}`
    case 'T1006':
      return `\`$${token}\` is no function${at}`
    default:
      return `${jsonataMessage(message).slice(0, 300)}${at}`
  }
}

import { parseTime } from '../../core/rules/time.ts'
import { BacktestError } from '../failure.ts'

/**
 * A line of JSON, its fields read one by one: history has millions of them, and a schema takes four times as long. What is
 * null counts as left out, and fields that nobody asks for may hold anything.
 */
export interface Fields {
  text(name: string): string
  optionalText(name: string): string | null
  number(name: string): number | null
  probability(name: string): number | null
  /** Milliseconds since the epoch. */
  time(name: string): number | null
  object(name: string): Readonly<Record<string, unknown>>
  /** What to throw where the line is wrong as a whole. */
  wrong(message: string): BacktestError
}

/**
 * @param place of the line, `signals.jsonl:12`
 * @throws BacktestError, like all that reads a field, naming place and field
 */
export function parseFields(text: string, place: string): Fields {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    value = null
  }
  if (!isObject(value)) throw new BacktestError(`${place}: not JSON; each line must be a JSON object`)
  return new Line(value, place)
}

class Line implements Fields {
  readonly #values: Readonly<Record<string, unknown>>
  readonly #place: string

  constructor(values: Readonly<Record<string, unknown>>, place: string) {
    this.#values = values
    this.#place = place
  }

  text(name: string): string {
    return this.optionalText(name) ?? this.#refuse(name, 'is missing; add it')
  }

  optionalText(name: string): string | null {
    const value = this.#values[name] ?? null
    if (value === null || (typeof value === 'string' && value !== '')) return value
    return this.#refuse(name, 'must be text')
  }

  number(name: string): number | null {
    const value = this.#values[name] ?? null
    return value === null || typeof value === 'number' ? value : this.#refuse(name, 'must be a number')
  }

  probability(name: string): number | null {
    const value = this.number(name)
    return value === null || (value >= 0 && value <= 1) ? value : this.#refuse(name, 'must lie between 0 and 1')
  }

  time(name: string): number | null {
    const value = this.optionalText(name)
    if (value === null) return null
    return parseTime(value) ?? this.#refuse(name, 'must be a time such as `2026-11-20T09:00:00Z`')
  }

  object(name: string): Readonly<Record<string, unknown>> {
    const value = this.#values[name]
    return isObject(value) ? value : this.#refuse(name, 'must be an object')
  }

  wrong(message: string): BacktestError {
    return new BacktestError(`${this.#place}: ${message}`)
  }

  #refuse(name: string, what: string): never {
    throw this.wrong(`\`${name}\` ${what}`)
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

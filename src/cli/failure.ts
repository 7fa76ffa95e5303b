import { isUnavailable } from '../storage/unavailable.ts'

/** A command that can't be carried out as given; exit code 1. */
export class CommandError extends Error {
  override readonly name: string = 'CommandError'
}

/** A command line that means nothing; exit code 2. */
export class UsageError extends CommandError {
  override readonly name = 'UsageError'
}

/** What kept a comparison from being made; exit code 2, since 1 says that what was compared differs. */
export class Trouble extends Error {
  override readonly name = 'Trouble'
  constructor(cause: unknown) {
    super('trouble', { cause })
  }
}

/** Errors whose messages are written for whoever runs the command. By name, so that nothing is loaded to tell. */
const TOLD = new Set([
  'CommandError',
  'UsageError',
  'ConfigError',
  'RulesUnreadable',
  'BacktestError',
  'ListenError',
  'Problem',
  'EmbeddedPostgresError',
  'DataDirInUse',
])

export interface Failure {
  /** For stderr; one line, unless rule files have more to say. */
  readonly message: string
  readonly exitCode: 1 | 2
}

/** Whatever was thrown, in a line that says what to do; the stack only where `UMPIRE_DEBUG` asks for it. */
export function failureOf(error: unknown, env: NodeJS.ProcessEnv): Failure {
  if (error instanceof Trouble) return { ...failureOf(error.cause, env), exitCode: 2 }
  const exitCode = error instanceof UsageError ? 2 : 1
  if (env.UMPIRE_DEBUG)
    return { message: error instanceof Error ? (error.stack ?? error.message) : `${error}`, exitCode }
  return { message: `umpire: ${explain(error)}`, exitCode }
}

function explain(error: unknown): string {
  if (!(error instanceof Error)) return `unexpected: ${error}; set UMPIRE_DEBUG=1 to see where`
  if (error.name === 'RulesInvalid') return rulesInvalid(error.message)
  if (error.name === 'CasesFail') return `cases of the rules fail; mend the rules or the cases:\n${error.message}`
  if (TOLD.has(error.name)) return error.message
  const { code } = error as NodeJS.ErrnoException
  // Sockets that fail for every address of a host come as an `AggregateError` without a message.
  if (isUnavailable(error))
    return `the database can't be reached (${firstLine(error.message) || code}); check DATABASE_URL`
  if (/^[0-9A-Z]{5}$/.test(code ?? '')) return `the database says: ${firstLine(error.message)}; check DATABASE_URL`
  return `unexpected: ${firstLine(error.message)}; set UMPIRE_DEBUG=1 to see where`
}

/** The problems stand on lines of their own, as compilers print them, so that editors find the places. */
function rulesInvalid(problems: string): string {
  const count = problems.split('\n').length
  return `the rules don't load; mend ${count === 1 ? 'this' : `these ${count} problems`}:\n${problems}`
}

function firstLine(text: string): string {
  return text.split('\n', 1)[0] ?? ''
}

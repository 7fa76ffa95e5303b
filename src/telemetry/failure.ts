/** What of an error may be written down. */
export interface Failure {
  readonly name: string
  /** An SQLSTATE, or what the operating system calls it. */
  readonly code?: string
  readonly message?: string
  /** Where it was thrown. */
  readonly stack?: string
}

/**
 * An error as logs may hold it. Facts and evidence must not be in them, so messages that quote what was sent are left
 * out, and so is whatever else hangs on the error: PostgreSQL's carry the rows that they are about.
 */
export function describeFailure(error: unknown): Failure {
  if (!(error instanceof Error)) return { name: typeof error }
  const { name, message } = error
  const code = codeOf(error)
  // A stack begins with the message.
  const stack = error.stack?.match(/^ {4}at .*$/gm)?.join('\n')
  return {
    name,
    ...(code !== undefined && { code }),
    ...(!quotesData(error, code) && { message }),
    ...(stack !== undefined && { stack }),
  }
}

/** A few words of which there are few, for counting: `error.type` of OpenTelemetry's semantic conventions. */
export function failureType(error: unknown): string {
  return error instanceof Error ? (codeOf(error) ?? error.name) : typeof error
}

/** `JSON.parse` quotes its text; data exceptions (class 22) and what functions raise (P0) quote values. */
function quotesData(error: Error, code = ''): boolean {
  return error instanceof SyntaxError || /^(22|P0)\w{3}$/.test(code)
}

function codeOf(error: Error): string | undefined {
  const { code } = error as { code?: unknown }
  return typeof code === 'string' ? code : undefined
}

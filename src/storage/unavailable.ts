/**
 * Whether an error says that the database can't be reached or won't serve us at the moment, so that the same request
 * may succeed later: sockets that fail, the server starting, stopping or out of connections, our pool waiting in vain.
 */
export function isUnavailable(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  const { code } = error as { code?: unknown }
  if (typeof code === 'string' && (SOCKET_ERRORS.has(code) || SQL_STATES.test(code))) return true
  return MESSAGES.test(error.message) || isUnavailable(error.cause)
}

const SOCKET_ERRORS: ReadonlySet<string> = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ECONNABORTED',
  'ETIMEDOUT',
  'EPIPE',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  // The socket file of a server on this machine is gone.
  'ENOENT',
])

/** Class 08 connection exception; 53 insufficient resources; 57P01 to 57P03 shutting down or starting; 25006 a standby. */
const SQL_STATES = /^(08\w{3}|53[0-4]00|57P0[123]|25006)$/

/** node-postgres has no codes for these. */
const MESSAGES =
  /^(Connection terminated|Connection ended unexpectedly|timeout exceeded when trying to connect|timeout expired|Client has encountered a connection error|Cannot use a pool after calling end)/

import type { FastifyInstance } from 'fastify'
import type { Config } from './config.ts'

/** The service can't listen where it was told to; the message names the variable to change. */
export class ListenError extends Error {
  override readonly name = 'ListenError'
}

/**
 * Listens on the configured host and port.
 * @returns the address
 * @throws ListenError
 */
export async function listen(http: FastifyInstance, { host, port }: Pick<Config, 'host' | 'port'>): Promise<string> {
  try {
    return await http.listen({
      port,
      host,
      listenTextResolver: (address) => `umpire listens on ${address}, its page is ${address}/docs`,
    })
  } catch (error) {
    throw new ListenError(reason(error as NodeJS.ErrnoException, host, port), { cause: error })
  }
}

function reason({ code, message }: NodeJS.ErrnoException, host: string, port: number): string {
  switch (code) {
    case 'EADDRINUSE':
      return `port ${port} is in use; set PORT to another, or to 0 for any`
    case 'EACCES':
      return `port ${port} may not be listened on; set PORT to one above 1023`
    default:
      return `can't listen on \`${host}\` (${code ?? message}); set HOST to an address of this machine, such as 127.0.0.1`
  }
}

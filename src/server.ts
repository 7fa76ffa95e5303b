import pino, { type Logger, type LoggerOptions } from 'pino'
import { compose, type Service } from './compose.ts'
import type { Config } from './config.ts'
import { listen } from './listen.ts'
import { describeFailure } from './telemetry/failure.ts'
import { traceIds } from './telemetry/spans.ts'
import { terminalStream } from './telemetry/terminal.ts'

/** Closing gets this long, then the process ends all the same: before Docker kills it, after ten. Milliseconds. */
const GRACE = 9_000

/** Starts the service and listens. It ends by SIGTERM or SIGINT: requests in flight finish, then exit code 0. */
export async function serve(config: Config): Promise<void> {
  const log = createLogger(config)
  const service = await compose(config, log)
  closeOnSignal(service, log)
  try {
    await listen(service.http, config)
  } catch (error) {
    await service.close()
    throw error
  }
}

/** @param output a stream of the process: stdout, unless that is somebody else's */
export function createLogger(
  { logLevel }: Pick<Config, 'logLevel'>,
  output: NodeJS.WriteStream & { readonly fd: number } = process.stdout,
): Logger {
  const options: LoggerOptions = {
    level: logLevel,
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    mixin: traceIds,
    // Of a request no headers, of a reply no body, of an error nothing that quotes either.
    serializers: {
      req: ({ id, method }) => ({ id, method }),
      res: ({ statusCode }) => ({ statusCode }),
      err: describeFailure,
    },
  }
  return output.isTTY
    ? pino(
        options,
        terminalStream((text) => output.write(text)),
      )
    : pino(options, pino.destination(output.fd))
}

function closeOnSignal(service: Service, log: Logger): void {
  let closing = false
  const close = async (why: string, code: number) => {
    if (closing) return
    closing = true
    log.info(`${why}: finishing requests in flight`)
    setTimeout(() => process.exit(1), GRACE).unref()
    try {
      await service.close()
      log.info('stopped')
      process.exit(code)
    } catch (error) {
      log.error({ err: error }, 'could not close in good order')
      process.exit(1)
    }
  }
  process.on('SIGTERM', () => close('SIGTERM', 0))
  process.on('SIGINT', () => close('SIGINT', 0))
  service.lost.then((reason) => close(reason, 1))
}

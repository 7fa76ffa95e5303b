import { type DiagLogger, DiagLogLevel, diag } from '@opentelemetry/api'
import type { Logger } from 'pino'

/**
 * Has the SDK speak through our log: that a receiver does not answer, above all. The same is said once a minute at most.
 * What it says below warnings is only for those who set `OTEL_LOG_LEVEL`.
 */
export function logDiagnostics(log: Logger, env: NodeJS.ProcessEnv): void {
  const logLevel = DiagLogLevel[env.OTEL_LOG_LEVEL?.toUpperCase() as keyof typeof DiagLogLevel] ?? DiagLogLevel.WARN
  const saidAt = new Map<string, number>()

  function warn(message: string): void {
    const reason = reasonIn(message)
    const now = Date.now()
    if (now - (saidAt.get(reason) ?? 0) < 60_000) return
    if (saidAt.size === 100) saidAt.clear()
    saidAt.set(reason, now)
    log.warn({ reason }, 'telemetry is incomplete')
  }
  const tell = (message: string) => log.info({ reason: message }, 'telemetry')

  const logger: DiagLogger = { error: warn, warn, info: tell, debug: tell, verbose: tell }
  diag.setLogger(logger, { logLevel, suppressOverrideMessage: true })
}

/** Exceptions come as the JSON of all their fields. */
function reasonIn(message: string): string {
  try {
    return String(JSON.parse(message).message)
  } catch {
    return message
  }
}

import { pino } from 'pino'

export type Logger = pino.Logger

/** Longest text of a failure that goes into a log line, characters. */
const REASON_CHARACTERS_MAX = 500

/** JSON lines on stdout. Never bodies, keys or network addresses: what strangers send is counted, not written down. */
export function createLogger(service: string, level: string): Logger {
  return pino({
    level,
    base: { service },
    timestamp: pino.stdTimeFunctions.isoTime,
    serializers: {
      err: (err: unknown) =>
        err instanceof Error
          ? {
              name: err.name,
              code: (err as { code?: unknown }).code,
              message: err.message.slice(0, REASON_CHARACTERS_MAX),
            }
          : { message: String(err).slice(0, REASON_CHARACTERS_MAX) },
    },
  })
}

import { Env } from './env.ts'

/** What every service reads, whatever else it does. */
export type RunConfig = Readonly<{
  /** pino's: trace, debug, info, warn, error, fatal, silent. */
  logLevel: string
  /** Where /metrics, /livez and /readyz listen. */
  metricsHost: string
  /** 0 = any free port. */
  metricsPort: number
  /** How long a drain may take before the process goes anyway, seconds. */
  drainSeconds: number
}>

const DRAIN_SECONDS = 30
const DRAIN_SECONDS_MAX = 3_600

/** @throws {ConfigError} naming every variable that cannot be used */
export function readRunConfig(values: NodeJS.ProcessEnv): RunConfig {
  const env = new Env(values)
  return env.done({
    logLevel: env.text('P2PMSG_LOG_LEVEL', 'info'),
    metricsHost: env.text('P2PMSG_METRICS_HOST', '127.0.0.1'),
    metricsPort: env.port('P2PMSG_METRICS_PORT', 9464),
    drainSeconds: env.int('P2PMSG_DRAIN_SECONDS', { fallback: DRAIN_SECONDS, min: 1, max: DRAIN_SECONDS_MAX }),
  })
}

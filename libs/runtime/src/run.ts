import process from 'node:process'
import type { BusUser } from '@p2pmsg/protocol'
import { ConfigError, reasonOf } from './failures.ts'
import { Health } from './health.ts'
import { createLogger, type Logger } from './log.ts'
import { gauge } from './metrics.ts'
import { readRunConfig } from './run-config.ts'

/** What a service hands back when it has started. */
export interface Service extends AsyncDisposable {
  /** Stops taking work, finishes what is in hand and tells whoever waits. Disposal then closes what is open. */
  drain(): Promise<void>
}

export type RunContext = Readonly<{ log: Logger; health: Health }>

/** Exit codes of a service. */
export const EXIT = { drained: 0, failed: 1, deadline: 2, configuration: 78 } as const

/**
 * The life of a service process: configuration, health port, start, signal, drain, end. A failed start and a bad
 * configuration each print one line that says why.
 */
export async function run(service: BusUser, start: (context: RunContext) => Promise<Service>): Promise<never> {
  let log = createLogger(service, 'info')
  try {
    const config = readRunConfig(process.env)
    log = createLogger(service, config.logLevel)
    const stop = firstSignal()
    const health = new Health()
    await health.listen(config.metricsPort, config.metricsHost)
    const running = await Promise.race([start({ log, health }), stop])
    if (typeof running === 'string') {
      // It waits for a server, or is half up: nothing has been promised to anybody.
      log.info({ signal: running }, 'ended before it had started')
      process.exit(EXIT.drained)
    }
    health.started()
    log.info({ metricsPort: config.metricsPort }, 'started')
    process.on('unhandledRejection', (thrown) => {
      log.fatal({ err: thrown }, 'a defect: stopping')
      process.exit(EXIT.failed)
    })
    const signal = await stop
    return await end(running, health, log, signal, config.drainSeconds * 1000)
  } catch (thrown) {
    log.fatal({ err: thrown }, 'cannot start')
    process.stderr.write(`${service}: ${reasonOf(thrown)}\n`)
    process.exit(thrown instanceof ConfigError ? EXIT.configuration : EXIT.failed)
  }
}

function firstSignal(): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => resolve(signal))
  })
}

async function end(
  running: Service,
  health: Health,
  log: Logger,
  signal: NodeJS.Signals,
  deadlineMs: number,
): Promise<never> {
  gauge('p2pmsg_draining', 'Whether this process is draining', () => 1)
  log.info({ signal }, 'draining')
  // Draining a dead bus outlasts any pod, so the deadline ends the process whatever still waits.
  setTimeout(() => {
    log.error({ deadlineMs }, 'the drain took too long; leaving')
    process.exit(EXIT.deadline)
  }, deadlineMs).unref()
  try {
    await running.drain()
    await running[Symbol.asyncDispose]()
    await health[Symbol.asyncDispose]()
    log.info('drained')
    process.exit(EXIT.drained)
  } catch (thrown) {
    log.error({ err: thrown }, 'the drain failed')
    process.exit(EXIT.failed)
  }
}

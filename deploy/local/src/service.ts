import { join } from 'node:path'
import type { BusUser } from '@p2pmsg/protocol'
import { Child } from './child.ts'
import { ROOT, STATE_FOLDER } from './places.ts'
import { Server } from './server.ts'

export type ServiceName = Exclude<BusUser, 'admin'>

const HOST = '127.0.0.1'
const READY_MS = 60_000 // four cold Node processes on two slow cores
const PROBE_MS = 1_000
const TELEMETRY = join(ROOT, 'libs', 'runtime', 'src', 'telemetry.ts')
/** Compiled code of earlier starts: a service is up in half the time. Node leaves it alone where it cannot be written. */
const COMPILE_CACHE = join(STATE_FOLDER, 'compile-cache')
/** The person's variables that a service may see; everything else it needs is given by name. */
const PASSED = /^(PATH|HOME|TMPDIR|TZ|NODE_EXTRA_CA_CERTS|NODE_OPTIONS|OTEL_.*|P2PMSG_LOG_LEVEL)$/

export type ServiceOptions = Readonly<{
  service: ServiceName
  /** Unique in the stack: `router`, `router-2`. */
  name: string
  metricsPort: number
  env: Readonly<Record<string, string>>
  /** How long a drain may take before it is killed. */
  drainSeconds: number
  onLine?: (line: string, name: string) => void
}>

/** One of the four services as a process of its own. */
export class Service extends Server {
  override readonly name: string
  protected override readonly stopSignal = 'SIGTERM'
  protected override readonly stopMs: number
  readonly service: ServiceName
  /** Where /metrics, /livez and /readyz are. */
  readonly metricsUrl: string
  readonly #options: ServiceOptions

  constructor(options: ServiceOptions) {
    super()
    this.#options = options
    this.name = options.name
    this.service = options.service
    this.metricsUrl = `http://${HOST}:${options.metricsPort}`
    this.stopMs = (options.drainSeconds + 5) * 1_000 // its own deadline comes first, and says why
  }

  protected override spawn(): Child {
    const { service, name, metricsPort, env, drainSeconds, onLine } = this.#options
    const passed = Object.entries(process.env).filter(([variable]) => PASSED.test(variable))
    return new Child({
      name,
      command: process.execPath,
      args: ['--import', TELEMETRY, join(ROOT, 'services', service, 'src', 'main.ts')],
      cwd: ROOT,
      env: {
        NODE_COMPILE_CACHE: COMPILE_CACHE,
        ...Object.fromEntries(passed),
        P2PMSG_METRICS_HOST: HOST,
        P2PMSG_METRICS_PORT: String(metricsPort),
        P2PMSG_DRAIN_SECONDS: String(drainSeconds),
        ...env,
      },
      ...(onLine && { onLine }),
    })
  }

  protected override ready(child: Child): Promise<void> {
    return child.ready(() => isReady(`${this.metricsUrl}/readyz`), READY_MS)
  }
}

async function isReady(url: string): Promise<boolean> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(PROBE_MS) })
    await response.body?.cancel()
    return response.ok
  } catch {
    return false
  }
}

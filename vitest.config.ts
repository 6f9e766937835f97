import { defineConfig } from 'vitest/config'
import { NOT_IN_CONTAINERS } from './tests/not-in-containers.ts'

const MINUTE_MS = 60_000
/** The big numbers have ten thousand nodes in one process, some 400 KB each, MiB. */
const LONG_HEAP_MIB = 12_288

/** Where vitest's numbers go for the closing line (tests/run.ts). */
const unit = {
  extends: true as const,
  test: { name: 'unit', include: ['{libs,services}/*/test/**/*.test.ts', 'deploy/local/test/**/*.test.ts'] },
}

/** A group of tests on real servers: its files share one Postgres, each with a database of its own. */
function onServers(name: string, folder = name, without: readonly string[] = []) {
  return {
    extends: true as const,
    test: {
      name,
      include: [`tests/${folder}/**/*.test.ts`],
      exclude: without.map((file) => `tests/${folder}/${file}`),
      globalSetup: ['tests/support/global-setup.ts'],
      testTimeout: MINUTE_MS,
      hookTimeout: MINUTE_MS,
      expect: { poll: { timeout: MINUTE_MS / 2 } }, // what is polled for comes soon, unless the machine has other work
    },
  }
}

export default defineConfig({
  test: {
    pool: 'forks', // sodium-native and worker threads want a process of their own
    maxWorkers: 2,
    execArgv: process.env.P2PMSG_LONG === '1' ? [`--max-old-space-size=${LONG_HEAP_MIB}`] : [],
    testTimeout: MINUTE_MS,
    projects: [
      unit,
      onServers('integration'),
      onServers('containers', 'integration', Object.keys(NOT_IN_CONTAINERS)),
      onServers('interop'),
      onServers('swarm'),
      onServers('chaos'),
      onServers('browser'),
      onServers('chart'),
    ],
  },
})

import { mkdir } from 'node:fs/promises'
import { dirname } from 'node:path'
import { lastLine, runCommand } from '../command.ts'
import { broughtBinary, examine, none, type Step } from './step.ts'

const MODULE = 'github.com/nats-io/nats-server/v2@v2.14.9' // Go's checksum database vouches for it
const BUILD_MS = 15 * 60_000 // 40 s on two fast cores, minutes on a small machine
const QUERY_MS = 20_000

/** Built from source by a Go that is already there. Without cgo, so that it runs with any C library. */
export const goInstall: Step = {
  name: 'go install',
  find: async (machine) => {
    const version = await runCommand('go', ['version'], { env: machine.env, timeoutMs: QUERY_MS })
    if (version.code !== 0) return none('there is no Go on PATH')
    const path = broughtBinary(machine)
    await mkdir(dirname(path), { recursive: true })
    machine.say('building nats-server with Go, this takes a minute …')
    const env = { ...machine.env, GOBIN: dirname(path), CGO_ENABLED: '0' }
    const built = await runCommand('go', ['install', MODULE], { env, timeoutMs: BUILD_MS })
    return built.code === 0 ? examine(path) : none(lastLine(built))
  },
}

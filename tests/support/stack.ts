import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Stack, type StackOptions, startStack } from '@p2pmsg/local'

/** A whole cluster in a folder that goes away with it: own Postgres and NATS, the four services, free ports. */
export async function aStack(
  options: StackOptions = {},
): Promise<AsyncDisposable & Readonly<{ stack: Stack; lines: string[] }>> {
  const folder = await mkdtemp(join(tmpdir(), 'p2pmsg-stack-'))
  const lines: string[] = []
  const stack = await startStack({
    folder,
    ownServers: true,
    ...options,
    onLine: (line, name) => {
      if (lines.length < LINES_MAX) lines.push(`${name} ${line}`)
      if (process.env.P2PMSG_TEST_LOGS) process.stderr.write(`${name} ${line}\n`)
    },
  })
  return {
    stack,
    lines,
    [Symbol.asyncDispose]: async () => {
      await stack[Symbol.asyncDispose]()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

/** Log lines kept of one stack. */
const LINES_MAX = 20_000

/** One number of a process's /metrics; the sum over labels; 0 when there is none. */
export async function metricOf(metricsUrl: string, name: string): Promise<number> {
  const text = await (await fetch(`${metricsUrl}/metrics`)).text()
  return text
    .split('\n')
    .filter((line) => line.startsWith(`${name}{`) || line.startsWith(`${name} `))
    .reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' '))), 0)
}

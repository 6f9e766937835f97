import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { expect, test } from 'vitest'
import { identityOf, isRunning } from '../src/process-identity.ts'

/** Starts a child, one with a child of its own in its group, and one that is over; tells their numbers; ends as it is told. */
const RUNNER = `
  import { spawn } from 'node:child_process'
  import { once } from 'node:events'
  import { endWithUs } from ${JSON.stringify(new URL('../src/end-with-us.ts', import.meta.url).href)}
  const over = spawn('true')
  endWithUs(over)
  await once(over, 'exit')
  const alone = spawn('sleep', ['600'])
  const group = spawn('sh', ['-c', 'sleep 600 & echo $!; wait'], { detached: true })
  endWithUs(alone)
  endWithUs(group)
  const [inGroup] = await once(group.stdout, 'data')
  console.log([alone.pid, group.pid, Number(inGroup)].join(' '))
  process.on('SIGTERM', () => process.exit(3))
`

test.each(['SIGKILL', 'SIGTERM'] as const)(
  'children, and those in their groups, are gone after a %s of ours',
  async (signal) => {
    const runner = spawn(process.execPath, ['--input-type=module', '--eval', RUNNER], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const [line] = (await once(createInterface({ input: runner.stdout }), 'line')) as [string]
    const left = await Promise.all(line.split(' ').map((pid) => identityOf('child', Number(pid))))
    const running = async () => {
      const each = await Promise.all(
        left.map(async (identity) => identity !== undefined && (await isRunning(identity))),
      )
      return each.filter(Boolean).length
    }
    expect(await running()).toBe(3)
    runner.kill(signal)
    await once(runner, 'exit')
    await expect.poll(running, { timeout: 10_000 }).toBe(0)
  },
)

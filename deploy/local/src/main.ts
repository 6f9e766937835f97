// `npm start`: a whole cluster on one machine, a first message through it, and an end in order.
import { Failure } from '@p2pmsg/runtime'
import { described } from './child.ts'
import { sendFirstMessage } from './first-message.ts'
import { report } from './report.ts'
import { type Stack, startStack } from './stack.ts'
import { parseStartOptions, type StartOptions, USAGE, USUAL_PORTS } from './start-options.ts'
import { firstEnd } from './stop-signal.ts'
import { Terminal } from './terminal.ts'
import { Trouble } from './trouble.ts'

const terminal = new Terminal()
const begun = Date.now()

/** @returns the exit code */
async function start(args: readonly string[]): Promise<number> {
  const options = parseStartOptions(args)
  if (options.help) {
    terminal.say(USAGE)
    return 0
  }
  const end = firstEnd((text) => terminal.say(text))
  try {
    const exitCode = await run(options, end)
    terminal.say(`stopped; the data is in ${options.data}`)
    return exitCode
  } catch (error) {
    if (end.signal.aborted) return end.exitCode() // it was asked to stop while starting: no fault
    throw error
  }
}

async function run(options: StartOptions, end: ReturnType<typeof firstEnd>): Promise<number> {
  await using stack = await startStack({
    ...(options.freePorts ? {} : { ports: USUAL_PORTS }),
    folder: options.data,
    reset: options.reset,
    replicas: options.replicas,
    spread: (options.replicas.router ?? 1) > 1,
    signal: end.signal,
    say: (line) => terminal.say(line),
    onLine: (line, name) => terminal.child(line, name),
  })
  const died = stack.died.then(({ name, exit, lastLines }): never => {
    const lines = lastLines.map((line) => `  ${line}`).join('\n')
    throw new Trouble(
      `${name} ended by itself (${described(exit)}); everything is being stopped. Its last lines:\n${lines}`,
    )
  })
  died.catch(() => undefined) // whoever races below sees it
  const first = await Promise.race([greet(stack), died, end.happened])
  if (first) terminal.say(report(stack, first, Date.now() - begun))
  if (options.once || !first) return end.exitCode()
  await Promise.race([died, end.happened])
  return end.exitCode()
}

function greet(stack: Stack) {
  return sendFirstMessage(
    stack,
    `Hello! This stack came up at ${new Date().toISOString()} and this message came by UDP.`,
  )
}

function explain(error: unknown): number {
  if (error instanceof Trouble || error instanceof Failure) {
    const ports = error.message.includes('is taken by another program')
    terminal.trouble(`p2pmsg: ${error.message}`)
    if (ports) terminal.trouble('Stop that program, or start on other ports: npm start -- --free-ports')
    return error instanceof Trouble ? error.exitCode : 1
  }
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  if (code === 'ENOSPC') terminal.trouble('p2pmsg: the disk is full: make room and start again')
  else if (code === 'EACCES' || code === 'EPERM') {
    terminal.trouble(
      `p2pmsg: ${String(error)}\nIs .p2pmsg another user's? Hand it over (sudo chown -R "$(id -u)" .p2pmsg) or use a clone of your own.`,
    )
    return 77
  } else terminal.trouble(error instanceof Error ? (error.stack ?? error.message) : String(error))
  return code === 'ENOSPC' ? 74 : 70
}

process.exitCode = await start(process.argv.slice(2)).catch(explain)

import { spawn } from 'node:child_process'
import { endWithUs } from './end-with-us.ts'

const OUTPUT_CHARS_MAX = 256 * 1024 // what is kept of each stream; the end of it, where the error stands
const NOT_FOUND = 127 // as a shell says it

export type Outcome = Readonly<{ code: number; stdout: string; stderr: string }>
export type CommandOptions = Readonly<{
  env?: NodeJS.ProcessEnv
  cwd?: string
  /** Milliseconds after which the command is killed; its code is then 137. */
  timeoutMs: number
}>

/** Runs a command to its end. A command that fails, or is not there (127), is an outcome and not an exception. */
export function runCommand(command: string, args: readonly string[], options: CommandOptions): Promise<Outcome> {
  const { promise, resolve } = Promise.withResolvers<Outcome>()
  const child = spawn(command, args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: options.timeoutMs,
    killSignal: 'SIGKILL',
    ...(options.env && { env: options.env }),
    ...(options.cwd && { cwd: options.cwd }),
  })
  endWithUs(child)
  let stdout = ''
  let stderr = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout = (stdout + text).slice(-OUTPUT_CHARS_MAX)
  })
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr = (stderr + text).slice(-OUTPUT_CHARS_MAX)
  })
  child.once('error', (error) => resolve({ code: NOT_FOUND, stdout, stderr: error.message }))
  child.once('close', (code) => resolve({ code: code ?? 137, stdout, stderr }))
  return promise
}

/** The last line that says something, for a message of one line. */
export function lastLine(outcome: Outcome): string {
  const lines = `${outcome.stdout}\n${outcome.stderr}`.split('\n').filter((line) => line.trim() !== '')
  return lines.at(-1)?.trim() ?? `exit code ${outcome.code}`
}

import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { ROOT } from './checkout.ts'

export const EXAMPLES: string = join(ROOT, 'examples')
/** Installing may download a few megabytes, milliseconds. */
const RUN_MS_MAX = 120_000

/** Code null: it was killed, or there is no such program, which `stderr` then says. */
export type Ran = Readonly<{ code: number | null; stdout: string; stderr: string }>

/** Runs a program to its end in the folder of the examples. */
export async function ended(command: string, words: readonly string[], input = ''): Promise<Ran> {
  const child = spawn(command, words, { cwd: EXAMPLES, timeout: RUN_MS_MAX, stdio: ['pipe', 'pipe', 'pipe'] })
  const closed = new Promise<number | string | null>((resolve) => {
    child.once('close', resolve)
    child.once('error', (error) => resolve(error.message))
  })
  child.stdin.on('error', () => undefined) // it may end without reading
  child.stdin.end(input)
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)])
  const code = await closed
  return typeof code === 'string' ? { code: null, stdout, stderr: code } : { code, stdout, stderr }
}

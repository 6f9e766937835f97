import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { endWithUs } from '@p2pmsg/local'

export const ROOT: string = fileURLToPath(new URL('..', import.meta.url))

/** Most of what a program prints that is kept to be shown later: the end of it, where the failures are. */
const LATER_CHARACTERS_MAX = 1_000_000

/**
 * Runs a program to its end with our streams.
 * @param onPrinted gets what it prints, at its end, instead of our own output: another prints meanwhile
 * @returns its exit code, 1 for a signal
 */
export async function runStep(
  command: string,
  args: readonly string[],
  onPrinted?: (text: string) => void,
): Promise<number> {
  const child = spawn(command, args, { cwd: ROOT, stdio: onPrinted ? ['ignore', 'pipe', 'pipe'] : 'inherit' })
  endWithUs(child)
  let printed = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (text: string) => {
      printed = (printed + text).slice(-LATER_CHARACTERS_MAX)
    })
  }
  const [code] = (await once(child, 'close')) as [number | null]
  onPrinted?.(printed)
  return code ?? 1
}

/** A tool of the workspace, run with the Node that runs us. */
export function tool(name: string): string {
  return `${ROOT}node_modules/.bin/${name}`
}

export function heading(text: string): void {
  process.stdout.write(`\n── ${text}\n`)
}

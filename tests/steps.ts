import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { endWithUs } from '@p2pmsg/local'

export const ROOT: string = fileURLToPath(new URL('..', import.meta.url))

/** Runs a program to its end with our streams; @returns its exit code, 1 for a signal. */
export async function runStep(command: string, args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<number> {
  const child = spawn(command, args, { cwd: ROOT, stdio: 'inherit', env: { ...process.env, ...env } })
  endWithUs(child)
  const [code] = (await once(child, 'exit')) as [number | null]
  return code ?? 1
}

/** A tool of the workspace, run with the Node that runs us. */
export function tool(name: string): string {
  return `${ROOT}node_modules/.bin/${name}`
}

export function heading(text: string): void {
  process.stdout.write(`\n── ${text}\n`)
}

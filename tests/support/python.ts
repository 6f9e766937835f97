// A Python with what the examples need, in an environment of its own that is made once and kept in .p2pmsg/venv.
import { spawn } from 'node:child_process'
import { access, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { ROOT } from './checkout.ts'

const FOLDER = join(ROOT, '.p2pmsg', 'venv')
const EXAMPLES = join(ROOT, 'examples')
/** The one library that the examples use. */
const LIBRARY = 'cryptography>=42'
/** Making the environment the first time and using it, with a slow network; for a test's own limit, milliseconds. */
export const PYTHON_MS_MAX = 300_000
/** Installing may download a few megabytes, milliseconds. */
const RUN_MS_MAX = 120_000

type Ran = Readonly<{ code: number | null; stdout: string; stderr: string }>
export type Python = (words: readonly string[], input?: string) => Promise<Ran>

/** Runs Python in the folder of the examples. @returns or why there is none here, for the name of what is skipped */
export async function aPython(): Promise<Python | string> {
  const python = join(FOLDER, 'bin', 'python')
  const isThere = await access(python).then(
    () => true,
    () => false,
  )
  const trouble = isThere ? undefined : await makeEnvironment()
  return trouble ?? ((words, input) => run(python, words, input))
}

/** Made beside and moved, so that an environment that is there is whole. */
async function makeEnvironment(): Promise<string | undefined> {
  const fresh = `${FOLDER}.${process.pid}`
  try {
    const made = await run('python3', ['-m', 'venv', fresh])
    if (made.code !== 0) return `python3 -m venv failed: ${lastLine(made)}`
    const installed = await run(join(fresh, 'bin', 'python'), ['-m', 'pip', 'install', '--quiet', LIBRARY])
    if (installed.code !== 0) return `pip install ${LIBRARY} failed: ${lastLine(installed)}`
    await rename(fresh, FOLDER).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOTEMPTY' && error.code !== 'EEXIST') throw error // another test file was quicker
    })
    return undefined
  } finally {
    await rm(fresh, { recursive: true, force: true })
  }
}

function lastLine({ stdout, stderr }: Ran): string {
  return `${stdout}\n${stderr}`.trim().split('\n').at(-1) ?? ''
}

async function run(command: string, words: readonly string[], input = ''): Promise<Ran> {
  const child = spawn(command, words, { cwd: EXAMPLES, timeout: RUN_MS_MAX, stdio: ['pipe', 'pipe', 'pipe'] })
  const ended = new Promise<number | string | null>((resolve) => {
    child.once('close', resolve)
    child.once('error', (error) => resolve(error.message))
  })
  child.stdin.on('error', () => undefined) // it may end without reading
  child.stdin.end(input)
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)])
  const code = await ended
  return typeof code === 'string' ? { code: null, stdout, stderr: code } : { code, stdout, stderr }
}

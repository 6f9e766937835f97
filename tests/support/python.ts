// A Python with what the examples need, in an environment of its own that is made once and kept in .p2pmsg/venv.
import { access, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { ROOT } from './checkout.ts'
import { ended, type Ran } from './example.ts'

const FOLDER = join(ROOT, '.p2pmsg', 'venv')
/** The one library that the examples use. */
const LIBRARY = 'cryptography>=42'
/** Making the environment the first time and using it, with a slow network; for a test's own limit, milliseconds. */
export const PYTHON_MS_MAX = 300_000
export type Python = (words: readonly string[], input?: string) => Promise<Ran>

/** Runs Python in the folder of the examples. @returns or why there is none here, for the name of what is skipped */
export async function aPython(): Promise<Python | string> {
  const python = join(FOLDER, 'bin', 'python')
  const isThere = await access(python).then(
    () => true,
    () => false,
  )
  const trouble = isThere ? undefined : await makeEnvironment()
  return trouble ?? ((words, input) => ended(python, words, input))
}

/** Made beside and moved, so that an environment that is there is whole. */
async function makeEnvironment(): Promise<string | undefined> {
  const fresh = `${FOLDER}.${process.pid}`
  try {
    const made = await ended('python3', ['-m', 'venv', fresh])
    if (made.code !== 0) return `python3 -m venv failed: ${lastLine(made)}`
    const installed = await ended(join(fresh, 'bin', 'python'), ['-m', 'pip', 'install', '--quiet', LIBRARY])
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

import { randomBytes } from 'node:crypto'
import { mkdir, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { MadeSecret } from './made-secrets.ts'

/** A folder that many containers read, each as the user it runs as; the volume belongs to the cluster alone. */
const FILE_MODE = 0o444
const FOLDER_MODE = 0o755

/**
 * Writes a secret as a folder of files. It is put in place whole, and one that is there stays as it is.
 * @returns whether it was written
 */
export async function writeSecret(folder: string, name: string, secret: MadeSecret): Promise<boolean> {
  const beside = join(folder, `.${name}.${randomBytes(4).toString('hex')}`)
  await mkdir(beside, { recursive: true, mode: FOLDER_MODE })
  for (const [key, value] of Object.entries(secret))
    await writeFile(join(beside, key), `${value.trimEnd()}\n`, { mode: FILE_MODE })
  try {
    await rename(beside, join(folder, name)) // fails on a folder that is there and not empty
    return true
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code !== 'ENOTEMPTY' && code !== 'EEXIST') throw error
    await rm(beside, { recursive: true })
    return false
  }
}

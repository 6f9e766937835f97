import { mkdir, open } from 'node:fs/promises'
import { dirname } from 'node:path'

/** What was made or renamed in a folder is there after a crash only when the folder is on disk too. */
export async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

/** Makes a folder and those above it, for its owner's eyes alone, and has them on disk. */
export async function makeFolder(folder: string): Promise<void> {
  const first = await mkdir(folder, { recursive: true, mode: 0o700 })
  if (first === undefined) return // it was there
  for (let made = folder; made.length >= first.length; made = dirname(made)) await syncFolder(dirname(made))
}

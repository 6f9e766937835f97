import { open, rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { type KademliaNode, parseSavedTable, type SavedTable } from '@p2pmsg/protocol'

const NAME = 'dht-table'
/** A table has at most 512 contacts of 38 bytes; what is larger than this is none, bytes. */
const BYTES_MAX = 64 << 10
/** A table is written this often, milliseconds: who has lost the last minutes has lost nothing. */
const WRITE_EVERY_MS = 10 * 60_000

/** @returns the table of the run before; undefined when there is none, or when it is damaged, which `onDamaged` is told once */
export async function readTable(folder: string, onDamaged: (why: string) => void): Promise<SavedTable | undefined> {
  const file = join(folder, NAME)
  try {
    const { size } = await stat(file)
    const table = size <= BYTES_MAX ? parseSavedTable(await readAll(file, size)) : undefined
    if (table?.ok) return table.value
    onDamaged(`${file} is no routing table: begun anew`)
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    if (code !== 'ENOENT') onDamaged(`${file} cannot be read (${code ?? message}): begun anew`)
  }
  return undefined
}

/**
 * Keeps a node's routing table in a folder for the next run: every ten minutes, and when disposed.
 * @param onFailed a disk that is full or read-only costs the next start a few seconds, and this one nothing
 */
export function keepTable(node: KademliaNode, folder: string, onFailed: (why: string) => void): AsyncDisposable {
  let writing = Promise.resolve()
  const write = () => {
    // A node that knows nobody leaves what the last one knew.
    if (node.size > 0) writing = writing.then(() => writeWhole(join(folder, NAME), node.save(), onFailed))
    return writing
  }
  const timer = setInterval(() => void write(), WRITE_EVERY_MS)
  return {
    [Symbol.asyncDispose]: () => {
      clearInterval(timer)
      return write()
    },
  }
}

/** Beside its place and then into it, so that neither a crash nor a reader ever meets half a file. */
async function writeWhole(file: string, bytes: Uint8Array, onFailed: (why: string) => void): Promise<void> {
  const whole = `${file}.${process.pid}.new`
  try {
    await using handle = await open(whole, 'w', 0o600)
    await handle.writeFile(bytes)
    await handle.sync()
    await rename(whole, file)
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    onFailed(`the routing table cannot be written to ${file} (${code ?? message})`)
    await rm(whole, { force: true }).catch(() => undefined)
  }
}

async function readAll(file: string, size: number): Promise<Uint8Array> {
  await using handle = await open(file)
  const bytes = new Uint8Array(size)
  const { bytesRead } = await handle.read(bytes, 0, size, 0)
  return bytes.subarray(0, bytesRead)
}

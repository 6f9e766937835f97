import { randomBytes } from 'node:crypto'
import { readdir, readFile, rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { members } from '../http/bounded-fetch.ts'
import type { ReceiptFile } from '../receipt-file.ts'
import { AppendFile } from './append-file.ts'

const NAME = 'receipts.ndjson'
const OLDER = /^receipts\.\d{13}\.[0-9a-f]{8}\.ndjson$/
/** A file of receipts that is this long is put aside, bytes: about 7,000 receipts. */
const FILE_BYTES_MAX = 16 << 20
/** Files that were put aside and are kept; the oldest goes. */
const OLDER_MAX = 7

/** Receipts that were verified, a line of JSON each, shared by all processes: the newest are kept. */
export class ReceiptLog implements AsyncDisposable {
  readonly #folder: string
  #file: Promise<AppendFile> | undefined

  constructor(folder: string) {
    this.#folder = folder
  }

  /** Resolves when it is on disk. */
  async keep(receipt: ReceiptFile): Promise<void> {
    const opening = (this.#file ??= AppendFile.open(join(this.#folder, NAME)))
    try {
      const file = await opening
      await file.append(`${JSON.stringify(receipt)}\n`)
      if (file.bytes < FILE_BYTES_MAX || this.#file !== opening) return
    } catch (error) {
      if (this.#file === opening) this.#file = undefined // the next one may have more luck
      throw error
    }
    this.#file = undefined
    await this.#putAside(await opening)
  }

  /** @returns the receipt of a message, if it is still kept. @param id hex */
  async find(id: string): Promise<ReceiptFile | undefined> {
    for (const name of [NAME, ...(await this.#older()).toReversed()]) {
      const text = await readFile(join(this.#folder, name), 'utf8').catch(() => '')
      // The line that names it; base64url in the others has no quotes.
      const line = text.split('\n').find((line) => line.includes(`"id":"${id}"`))
      const receipt = line === undefined ? undefined : receiptIn(line)
      if (receipt) return receipt
    }
    return undefined
  }

  async #putAside(file: AppendFile): Promise<void> {
    const at = join(this.#folder, NAME)
    const aside = join(this.#folder, `receipts.${Date.now()}.${randomBytes(4).toString('hex')}.ndjson`)
    // Another process may have done it already; then what stands there is short, and stays.
    const { size } = await stat(at).catch(() => ({ size: 0 }))
    if (size >= FILE_BYTES_MAX)
      await rename(at, aside).catch((error: NodeJS.ErrnoException) => {
        if (error.code !== 'ENOENT') throw error
      })
    await file[Symbol.asyncDispose]()
    const older = await this.#older()
    for (const name of older.slice(0, -OLDER_MAX)) await rm(join(this.#folder, name), { force: true })
  }

  /** Oldest first. */
  async #older(): Promise<string[]> {
    const names = await readdir(this.#folder).catch(() => [])
    return names.filter((name) => OLDER.test(name)).toSorted()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const file = await this.#file?.catch(() => undefined)
    await file?.[Symbol.asyncDispose]()
  }
}

function receiptIn(line: string): ReceiptFile | undefined {
  try {
    const value: unknown = JSON.parse(line)
    return members(value).type === 'p2pmsg-receipt' ? (value as ReceiptFile) : undefined
  } catch {
    return undefined // cut short by a crash
  }
}

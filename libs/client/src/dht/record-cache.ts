import { mkdir, readdir, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { encodeItem, type Item, openRecord, parseRecordItem, recordTarget, toHex } from '@p2pmsg/protocol'

/** Records that are remembered; the one that was kept longest ago makes room. */
const RECORDS_MAX = 256
/** How long one is believed without looking it up anew, milliseconds: as often as its holders put it. */
const FRESH_MS = 60 * 60_000
/** A record, and when a lookup last said that there is none newer, Unix milliseconds. */
type Kept = Readonly<{ item: Item; foundMs: number }>

const FILE = /^[0-9a-f]{40}$/

/** Receiver records that lookups found, in memory, and in a folder where there is one: a program of one message finds them there. */
export class RecordCache {
  readonly #records = new Map<string, Kept>() // BOUNDED by RECORDS_MAX
  readonly #folder: string | undefined

  constructor(folder?: string) {
    this.#folder = folder
  }

  /** @returns a record that its receiver signed; undefined when there is none, or it is old */
  async find(receiver: Uint8Array, nowMs: number): Promise<Item | undefined> {
    const kept = await this.#kept(receiver)
    return kept && kept.foundMs > nowMs - FRESH_MS ? kept.item : undefined
  }

  /**
   * Keeps what a lookup found, unless a newer one (a higher `seq`) was found before: who stands near the target may hold that
   * back, and show what its receiver has replaced.
   * @returns the newer of the two
   */
  async keep(found: Item, nowMs: number): Promise<Item> {
    const kept = await this.#kept(found.key)
    const item = kept && kept.item.seq > found.seq ? kept.item : found
    const name = toHex(recordTarget(item.key))
    this.#records.delete(name) // to the end: who stands first was kept longest ago
    if (this.#records.size >= RECORDS_MAX) this.#records.delete(this.#records.keys().next().value as string)
    this.#records.set(name, { item, foundMs: nowMs })
    if (this.#folder !== undefined) await this.#write(this.#folder, name, encodeItem(item), nowMs)
    return item
  }

  async #kept(receiver: Uint8Array): Promise<Kept | undefined> {
    const name = toHex(recordTarget(receiver))
    const read = this.#folder === undefined ? undefined : await this.#read(join(this.#folder, name), receiver)
    const known = this.#records.get(name)
    // Another process may have found a newer one.
    return known && (!read || known.item.seq >= read.item.seq) ? known : read
  }

  async #read(file: string, receiver: Uint8Array): Promise<Kept | undefined> {
    const found = await Promise.all([readFile(file), stat(file)]).catch(() => undefined)
    if (!found) return undefined
    // Whoever else may write there can withhold a record, and not forge one.
    const item = parseRecordItem(found[0])
    if (!item.ok || toHex(item.value.key) !== toHex(receiver) || !openRecord(item.value).ok) return undefined
    return { item: item.value, foundMs: found[1].mtimeMs }
  }

  /** Without the file the next run looks it up again: nothing that goes wrong here is worth a word. */
  async #write(folder: string, name: string, bytes: Uint8Array, nowMs: number): Promise<void> {
    const [file, whole] = [join(folder, name), join(folder, `${name}.${process.pid}.new`)]
    try {
      await mkdir(folder, { recursive: true, mode: 0o700 })
      await writeFile(whole, bytes)
      await utimes(whole, nowMs / 1000, nowMs / 1000)
      await rename(whole, file)
      await this.#makeRoom(folder)
    } catch {
      await rm(whole, { force: true }).catch(() => undefined)
    }
  }

  async #makeRoom(folder: string): Promise<void> {
    const names = (await readdir(folder)).filter((name) => FILE.test(name))
    if (names.length <= RECORDS_MAX) return
    const ages = await Promise.all(names.map(async (name) => ({ name, ms: (await stat(join(folder, name))).mtimeMs })))
    const oldest = ages.sort((a, b) => a.ms - b.ms).slice(0, names.length - RECORDS_MAX)
    await Promise.all(oldest.map(({ name }) => rm(join(folder, name), { force: true })))
  }
}

import { readdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { Closed, OutboxFull } from '../failures.ts'
import { type ReceiptFile, receiptFile } from '../receipt-file.ts'
import { JOURNAL_BYTES_MAX, Journal } from './journal.ts'
import { type Unsent, unsentIn } from './line.ts'
import { type Owner, ownerOf } from './owner.ts'
import { ReceiptLog } from './receipt-log.ts'
import { makeFolder } from './sync-folder.ts'

/** Messages of one process that may be without their end. */
const UNSENT_MAX = 65_536
/** All journals of a folder together, bytes. */
const FOLDER_BYTES_MAX = 512 << 20

/** A message that lies in an outbox, and in whose hands. */
export type Lying = Unsent & Readonly<{ owner: Owner }>

/**
 * Messages on disk until they have their end: what a crash interrupts goes on with the same bytes, under the same id. A folder
 * serves any number of processes and threads at once: each writes journals of its own, and takes over those of the dead.
 */
export class Outbox implements AsyncDisposable {
  readonly #folder: string
  readonly #receipts: ReceiptLog
  readonly #journals = new Map<string, Journal>() // id → where it stands; BOUNDED by UNSENT_MAX
  readonly #open = new Set<Journal>() // BOUNDED by FOLDER_BYTES_MAX over JOURNAL_BYTES_MAX
  readonly #adding = new Map<string, Promise<void>>() // id → when it is on disk; BOUNDED by UNSENT_MAX
  readonly #ending = new Set<Promise<void>>() // BOUNDED by those who send: one for each message that has its end
  #current: Promise<Journal> | undefined
  #isClosed = false

  private constructor(folder: string) {
    this.#folder = folder
    this.#receipts = new ReceiptLog(folder)
  }

  /** Makes the folder, for its owner's eyes alone. @throws what the operating system says */
  static async open(folder: string): Promise<Outbox> {
    await makeFolder(folder)
    return new Outbox(folder)
  }

  /** Messages in this outbox's hands that have no end yet. */
  get size(): number {
    return this.#journals.size
  }

  /**
   * Resolves when the message is on disk, whoever put it there; at once when it is there already.
   * @throws {OutboxFull}, {Closed}, or what the operating system says
   */
  async add(message: Unsent): Promise<void> {
    const { id } = message
    if (this.#isClosed) throw new Closed('the outbox was closed before the message was in it')
    if (this.#journals.has(id)) return
    const adding = this.#adding.get(id) ?? this.#write(message).finally(() => this.#adding.delete(id))
    this.#adding.set(id, adding)
    await adding
  }

  /**
   * The message has its end: a receipt, which is kept (resolves when it is on disk); else a refusal, or nobody wants it sent. It
   * stays, and gets the same end another time, when the outbox is closed.
   */
  async end(message: Unsent, receipt?: Uint8Array): Promise<void> {
    if (this.#isClosed) return
    const ending = this.#end(message, receipt)
    this.#ending.add(ending)
    await ending.finally(() => this.#ending.delete(ending))
  }

  /**
   * Takes over what processes left that have let go of it, or, of this machine, are gone.
   * @param elsewhere those of other machines and containers too: nobody can say whether they are gone
   * @returns oldest first
   */
  async claim(elsewhere = false): Promise<Unsent[]> {
    const claimed: Unsent[] = []
    for (const name of await readdir(this.#folder)) {
      if (this.#journals.size >= UNSENT_MAX) break // the rest next time
      const owner = await ownerOf(name)
      const isFree = owner === 'nobody' || (elsewhere && owner === 'elsewhere')
      const journal = isFree ? await Journal.claim(this.#folder, name) : undefined
      if (!journal) continue
      this.#open.add(journal)
      for (const [id, unsent] of journal.unsent) {
        this.#journals.set(id, journal)
        claimed.push(unsent)
      }
      if (journal.unsent.size === 0) await this.#close(journal)
    }
    return claimed.sort((a, b) => a.sinceMs - b.sinceMs)
  }

  /** All that lies here, oldest first, whoever has it in his hands. */
  async list(): Promise<Lying[]> {
    const names = await readdir(this.#folder)
    const each = names.map(async (name) => {
      const owner = await ownerOf(name)
      const text = owner === undefined ? '' : await readFile(join(this.#folder, name), 'utf8').catch(() => '')
      return [...unsentIn(text).values()].map((unsent) => ({ ...unsent, owner: owner ?? 'nobody' }))
    })
    return (await Promise.all(each)).flat().sort((a, b) => a.sinceMs - b.sinceMs)
  }

  /** @param id hex @returns its receipt, if it is still kept */
  receiptOf(id: string): Promise<ReceiptFile | undefined> {
    return this.#receipts.find(id)
  }

  async #write(message: Unsent): Promise<void> {
    if (this.#journals.size + this.#adding.size >= UNSENT_MAX)
      throw new OutboxFull(`${UNSENT_MAX} messages lie in the outbox: p2pmsg outbox retry, or drop`)
    const journal = await this.#journal()
    await journal.add(message)
    this.#journals.set(message.id, journal)
  }

  async #end(message: Unsent, receipt?: Uint8Array): Promise<void> {
    if (receipt) await this.#receipts.keep(receiptFile(message.address, receipt, message.message))
    const journal = this.#journals.get(message.id)
    if (!journal) return
    this.#journals.delete(message.id)
    await journal.end(message.id)
    if (journal.unsent.size === 0 && journal !== (await this.#current)) await this.#close(journal)
  }

  /** The one that is written to now; those who ask at once get the same. */
  #journal(): Promise<Journal> {
    const before = this.#current?.catch(() => undefined)
    this.#current = (async () => {
      const current = await before
      if (current && !current.isFull) return current
      const next = await this.#begin()
      if (current?.unsent.size === 0) await this.#close(current)
      return next
    })()
    return this.#current
  }

  async #begin(): Promise<Journal> {
    const names = (await readdir(this.#folder)).filter((name) => name.endsWith('.journal'))
    const sizes = await Promise.all(names.map((name) => stat(join(this.#folder, name)).catch(() => ({ size: 0 }))))
    if (sizes.reduce((sum, { size }) => sum + size, JOURNAL_BYTES_MAX) > FOLDER_BYTES_MAX)
      throw new OutboxFull(
        `${this.#folder} holds ${FOLDER_BYTES_MAX >> 20} MiB of messages: p2pmsg outbox retry, or drop`,
      )
    const journal = await Journal.create(this.#folder)
    this.#open.add(journal)
    return journal
  }

  async #close(journal: Journal): Promise<void> {
    if (this.#open.delete(journal)) await journal[Symbol.asyncDispose]()
  }

  /** What has no end stays on disk. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true
    await Promise.allSettled([...this.#adding.values(), ...this.#ending]) // those who wait for them are told
    await this.#current?.catch(() => undefined)
    for (const journal of this.#open) await this.#close(journal)
    await this.#receipts[Symbol.asyncDispose]()
  }
}

import { equalBytes, type SealKeys, sealKeysOf, toHex } from '@p2pmsg/protocol'
import { type OpenedMessage, openFeedMessage, type ShownMessage } from '../open-feed-message.ts'
import type { Surroundings } from './command.ts'
import { UsageError } from './exit-code.ts'
import { readKeyFile } from './key-file.ts'

/** `--open FILE`: shows what stands under the seals of messages, and says at the end when the key was the wrong one. */
export class Opener {
  readonly #file: string
  readonly #keys: SealKeys
  #opened = 0
  #closed = 0

  private constructor(file: string, keys: SealKeys) {
    this.#file = file
    this.#keys = keys
  }

  /** @param file of the receiver's signing key, which is converted. Undefined: everything stays as it is @throws {UsageError} */
  static async read(file: string | undefined, around: Surroundings): Promise<Opener | undefined> {
    return file === undefined ? undefined : new Opener(file, sealKeysOf(await readKeyFile(file, around.note)))
  }

  /** Says so before anything is read when messages are sealed to another key now; older ones may still open. */
  warn(expected: Uint8Array | undefined, note: Surroundings['note']): void {
    if (this.#isWrong(expected)) note(`warning: ${this.#file} is not the key that messages are sealed to now`)
  }

  #isWrong(expected: Uint8Array | undefined): expected is Uint8Array {
    return expected !== undefined && !equalBytes(expected, this.#keys.publicKey)
  }

  open(message: ShownMessage): OpenedMessage {
    const read = openFeedMessage(message, this.#keys)
    if (read.opened === true) this.#opened++
    if (read.opened === false) this.#closed++
    return read
  }

  /**
   * Strangers may send what nobody opens; only when nothing opened at all is it the key.
   * @param expected what senders seal to, where that is known
   * @throws {UsageError} when sealed messages came, none opened, and `expected` is not this key
   */
  conclude(expected: Uint8Array | undefined, note: Surroundings['note']): void {
    if (this.#closed === 0) return
    const count = `${this.#closed} of ${this.#opened + this.#closed} sealed messages did not open`
    if (this.#opened > 0 || !this.#isWrong(expected)) return note(count)
    throw new UsageError(
      `${count}: ${this.#file} is not the receiver's key. Messages are sealed to ${toHex(expected)}, and it opens those to ${toHex(this.#keys.publicKey)}`,
    )
  }
}

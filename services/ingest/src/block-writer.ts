import {
  type Accepted,
  type Block,
  blockPublishId,
  encodeBlock,
  formatPackId,
  MESSAGES_STREAM,
  messages,
  parseBlock,
} from '@p2pmsg/protocol'
import { type AckPublisher, type Bus, BusUnavailable, backoffMs, directGet, Failure, sleep } from '@p2pmsg/runtime'
import type { Events } from './events.ts'
import type { Receiver } from './receivers.ts'

/** The log is away or full and the process is draining: the pack goes back to the queue. */
class WriteGivenUp extends Failure {
  override readonly name = 'WriteGivenUp'
  readonly code = 'WRITE_GIVEN_UP'
  readonly retry = 'soon'
}

/** A message in the log; its receiver is known where we judged it ourselves. */
type StoredMessage = Accepted & Readonly<{ receiver?: Receiver }>

/** A block as the log has it: ours, or the one that an earlier judge of the same pack put there. */
export type StoredBlock = Readonly<{
  block: Omit<Block, 'accepted'> & Readonly<{ accepted: readonly StoredMessage[] }>
  streamSeq: number
}>

/** Longest wait between two tries while the log is away or full, milliseconds: it is to be noticed soon when it is back. */
const RETRY_LAST_MS = 2_000
/** A stored block that cannot be read back this many times is held for gone. */
const FETCH_TRIES_MAX = 5

export type BlockWriterOptions = Readonly<{ bus: Bus; publisher: AckPublisher; events: Events; stopping: AbortSignal }>

/** Appends blocks to the log, for as long as it takes: what is judged is never judged again because the log was full. */
export class BlockWriter {
  readonly #options: BlockWriterOptions
  #stalled = 0

  constructor(options: BlockWriterOptions) {
    this.#options = options
  }

  /** Blocks that wait for the log to come back. While there are any, nothing more is pulled. */
  get stalled(): number {
    return this.#stalled
  }

  /**
   * @returns undefined when the log had the block, but has it no more
   * @throws {WriteGivenUp} `stopping` was signalled while the log takes nothing
   */
  async write(block: Block, traceparent: string): Promise<StoredBlock | undefined> {
    const subject = messages.of(block.partition).name
    const options = { msgId: blockPublishId(block.packId, block.partition), traceparent }
    const bytes = encodeBlock(block)
    return this.#persist(async () => {
      const ack = await this.#options.publisher.publish(subject, bytes, options)
      // Sequence 0: the first publish under this id is itself still on its way.
      if (ack.seq === 0) throw new BusUnavailable('the log has no sequence for this block yet')
      return ack.duplicate ? this.#stored(block, ack.seq) : { block, streamSeq: ack.seq }
    })
  }

  async #persist<T>(attempt: () => Promise<T>): Promise<T> {
    let stalled = false
    try {
      for (let tries = 0; ; tries++) {
        try {
          return await attempt()
        } catch (thrown) {
          if (!(thrown instanceof Failure)) throw thrown
          this.#options.events.publishFailed(thrown.code, tries, thrown)
          if (!stalled) this.#stalled++
          stalled = true
          await sleep(backoffMs(tries, RETRY_LAST_MS), this.#options.stopping)
          if (this.#options.stopping.aborted) {
            throw new WriteGivenUp('draining while the log takes nothing', { cause: thrown })
          }
        }
      }
    } finally {
      if (stalled) this.#stalled--
    }
  }

  async #stored(ours: Block, streamSeq: number): Promise<StoredBlock | undefined> {
    const { bus, events } = this.#options
    events.blockRepeated()
    for (let tries = 0; tries < FETCH_TRIES_MAX; tries++) {
      const stored = await directGet(bus, MESSAGES_STREAM, streamSeq)
      const block = stored && parseBlock(stored.data)
      if (block?.ok && isSame(block.value, ours)) return { block: block.value, streamSeq }
      await sleep(backoffMs(tries, RETRY_LAST_MS), this.#options.stopping)
    }
    events.blockMissing(ours.partition, streamSeq)
    return undefined
  }
}

function isSame(stored: Block, ours: Block): boolean {
  return stored.partition === ours.partition && formatPackId(stored.packId) === formatPackId(ours.packId)
}

// One receiver's feed in memory: answers as the store does, and announces when the test says so.
import {
  type Announcement,
  encodeMessage,
  equalBytes,
  type FeedAnswer,
  type FeedQuestion,
  type Message,
  messageId,
  type Position,
  positionOf,
  type Row,
  readMessage,
} from '@p2pmsg/protocol'
import { BusUnavailable } from '@p2pmsg/runtime'

type Listener = (partition: number, announcement: Announcement) => void

export class AFeed {
  readonly rows: Row[] = []
  /** What it was asked, in order. */
  readonly asked: FeedQuestion[] = []
  isAway = false
  #applied: Position = 0n
  #listener: Listener | undefined

  /** A commit of these messages; unless it is announced, that announcement was lost. */
  commit(...messages: readonly Message[]): Announcement {
    const prev = this.#applied
    const seq = Number(this.#applied / 256n) + 1
    const rows = messages.map((message, slot): Row => {
      const common = { receivedMs: 0, storedMs: 0, dialect: 'krpc' } as const
      return { ...common, position: positionOf(seq, slot), id: messageId(message), message: encodeMessage(message) }
    })
    this.rows.push(...rows)
    this.#applied = positionOf(seq, 255)
    return { prev, last: this.#applied, rows }
  }

  announce(announcement: Announcement): void {
    this.#listener?.(0, announcement)
  }

  /** Once a second, and what shows that announcements were missed. */
  heartbeat(): void {
    this.announce({ prev: this.#applied, last: this.#applied, rows: [] })
  }

  /** As the store does, when its author wants it gone. */
  remove(position: Position): void {
    const index = this.rows.findIndex((row) => row.position === position)
    const row = this.rows[index]
    if (row) this.rows[index] = { ...row, message: new Uint8Array(0) }
  }

  get isHeard(): boolean {
    return this.#listener !== undefined
  }

  listen(_wants: (partition: number) => boolean, onAnnouncement: Listener): () => void {
    this.#listener = onAnnouncement
    return () => {
      this.#listener = undefined
    }
  }

  answer(question: FeedQuestion): Promise<FeedAnswer> {
    this.asked.push(question)
    if (this.isAway) return Promise.reject(new BusUnavailable('away'))
    const behind = this.rows.filter((row) => row.position > (question.after ?? 0n) && matches(question, row))
    const rows = behind.slice(0, question.limit)
    return Promise.resolve({
      rows,
      more: behind.length > rows.length,
      reached: undefined,
      applied: this.#applied,
      revision: 0n,
    })
  }
}

/** The store's own columns outlive the message; here those without a message pass every filter. */
function matches({ author, topic }: FeedQuestion, row: Row): boolean {
  const message = readMessage({ dialect: row.dialect, receivedMs: row.receivedMs, bytes: row.message })
  if (!message.ok) return true
  if (author && !equalBytes(author, message.value.key)) return false
  return topic === undefined || topic === message.value.content.topic
}
